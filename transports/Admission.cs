using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Bounds the connections that have not authenticated yet, in all and from one source (an IPv4 address or an IPv6 /64).
/// When a bound is reached the oldest of them is ended to make room: an honest handshake takes milliseconds, so the
/// oldest is the likeliest to be idle, and newcomers always get their turn.
/// </summary>
internal sealed class Admission(int total, int perSource)
{
    private readonly object _lock = new();
    private readonly LinkedList<Ticket> _waiting = new();
    private readonly Dictionary<Source, int> _counts = [];

    internal int Count
    {
        get
        {
            lock (_lock)
                return _waiting.Count;
        }
    }

    /// <summary>Admits a connection; its ticket is cancelled if it has to make room, and disposed of when it is done.</summary>
    internal Ticket Admit(IPAddress address)
    {
        Ticket ticket = new(this, Source.Of(address));
        Ticket? displaced = null;
        lock (_lock)
        {
            int count = _counts.GetValueOrDefault(ticket.From);
            if (count >= perSource)
                displaced = Oldest(ticket.From);
            else if (_waiting.Count >= total)
                displaced = _waiting.First!.Value;
            if (displaced is not null)
                Remove(displaced);
            ticket.Node = _waiting.AddLast(ticket);
            _counts[ticket.From] = _counts.GetValueOrDefault(ticket.From) + 1;
        }

        displaced?.Displace();
        return ticket;
    }

    private Ticket Oldest(Source source)
    {
        LinkedListNode<Ticket> node = _waiting.First!;
        while (node.Value.From != source)
            node = node.Next!;
        return node.Value;
    }

    private void Remove(Ticket ticket)
    {
        if (ticket.Node is not { } node)
            return;
        ticket.Node = null;
        _waiting.Remove(node);
        int left = _counts[ticket.From] - 1;
        if (left == 0)
            _counts.Remove(ticket.From);
        else
            _counts[ticket.From] = left;
    }

    /// <summary>An unauthenticated connection's place.</summary>
    internal sealed class Ticket(Admission owner, Source source) : IDisposable
    {
        private readonly CancellationTokenSource _displaced = new();
        private ITimer? _expiry;

        internal Source From { get; } = source;

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

    /// <summary>Whom a connection is counted against.</summary>
    internal readonly record struct Source(UInt128 Prefix)
    {
        internal static Source Of(IPAddress address)
        {
            Span<byte> bytes = stackalloc byte[16];
            address.MapToIPv6().TryWriteBytes(bytes, out _);
            // Whoever has an IPv6 address usually has its whole /64.
            if (address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6)
                bytes[8..].Clear();
            return new Source(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes));
        }
    }
}
