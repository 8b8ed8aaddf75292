using System.Net;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Bounds the connections that have not authenticated yet, in all and from one host. When a bound is reached one of
/// them is ended to make room: the oldest of that host, or else the oldest of the group of sources with most of them.
/// An honest handshake takes milliseconds, so the oldest is the likeliest to be idle, and newcomers always get their
/// turn.
/// </summary>
internal sealed class Admission(int total, int perSource)
{
    private readonly object _lock = new();
    private readonly LinkedList<Ticket> _waiting = new();
    private readonly SourceCounts _sources = new();

    internal int Count
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>
    /// Admits a connection; its ticket is cancelled if it has to make room, and disposed of when it is done.
    /// </summary>
    internal Ticket Admit(IPAddress address)
    {
        Ticket ticket = new(this, LinkSource.Of(address));
        Ticket? displaced = null;
        lock (_lock)
        {
            if (_sources.OfHost(ticket.From) >= perSource)
                displaced = Oldest(t => t.From.Host == ticket.From.Host);
            else if (_waiting.Count >= total)
                displaced = OldestOfFullestGroup();
            if (displaced is not null)
                Remove(displaced);
            ticket.Node = _waiting.AddLast(ticket);
            _sources.Add(ticket.From);
        }

        displaced?.Displace();
        return ticket;
    }

    private Ticket OldestOfFullestGroup()
    {
        int most = _sources.MostOfAGroup;
        return Oldest(t => _sources.OfGroup(t.From) == most);
    }

    private Ticket Oldest(Predicate<Ticket> which)
    {
        LinkedListNode<Ticket> node = _waiting.First!;
        while (!which(node.Value))
            node = node.Next!;
        return node.Value;
    }

    private void Remove(Ticket ticket)
    {
        if (ticket.Node is not { } node)
            return;
        ticket.Node = null;
        _waiting.Remove(node);
        _sources.Remove(ticket.From);
    }

    /// <summary>An unauthenticated connection's place.</summary>
    internal sealed class Ticket(Admission owner, LinkSource source) : IDisposable
    {
        private readonly CancellationTokenSource _displaced = new();
        private ITimer? _expiry;

        internal LinkSource From { get; } = source;

        internal LinkedListNode<Ticket>? Node { get; set; }

        /// <summary>Cancelled when the connection has to make room.</summary>
        internal CancellationToken Displaced => _displaced.Token;

        internal void Displace() => _displaced.Cancel();

        /// <summary>Gives the place up after a time, for transports that do not tell when a handshake failed.</summary>
        internal void ExpireAfter(TimeSpan time, TimeProvider clock) =>
            _expiry = clock.CreateTimer(_ => Dispose(), null, time, Timeout.InfiniteTimeSpan);

        public void Dispose()
        {
            lock (owner._lock)
                owner.Remove(this);
            _expiry?.Dispose();
        }
    }
}
