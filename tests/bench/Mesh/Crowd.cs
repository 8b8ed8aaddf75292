using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Transports.Tcp;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Bench;

/// <summary>A neighbour that knows many nodes: real signed announces, and a route to each of them.</summary>
internal sealed class Crowd : ILinkEvents, IDisposable
{
    private const int EntriesPerUpdate = 90;

    /// <summary>What each costs behind this neighbour: 5 ms.</summary>
    private static readonly Metric Cost = Metric.FromTime(TimeSpan.FromMilliseconds(5));

    private readonly LocalIdentity _identity = LocalIdentity.Generate();
    private readonly LocalEnd _node;
    private readonly Dictionary<Abbreviation, Announce> _announces = [];

    internal Crowd(int size)
    {
        _node = new LocalEnd(_identity, new LinkSettings { NodeName = "crowd" }, TimeProvider.System);
        Add(_identity);
        for (int i = 1; i < size; i++)
        {
            using var other = LocalIdentity.Generate();
            Add(other);
        }
    }

    /// <summary>Connects to a daemon; it learns the routes from then on.</summary>
    internal async Task ConnectAsync(string uri)
    {
        if (!LinkUri.TryParse(uri, out LinkUri? parsed, out string? error))
            throw new ArgumentException(error, nameof(uri));
        DialResult result = await new TcpTransport(_node, NullLogger<TcpTransport>.Instance)
            .DialAsync(parsed, CancellationToken.None);
        (result.Link ?? throw new IOException(result.Failure!.ToString())).Start(this);
    }

    public ValueTask UpAsync(ILink link)
    {
        var body = new byte[1 + RouteUpdate.SizeOf(EntriesPerUpdate)];
        body[0] = (byte)FrameKind.RouteUpdate;
        ushort number = 0;
        foreach (Abbreviation[] part in _announces.Keys.Chunk(EntriesPerUpdate))
        {
            var update = new RouteUpdate.Writer(body.AsSpan(1), ++number, number == 1 ? RouteUpdateFlags.FirstOfTable
                : RouteUpdateFlags.None);
            foreach (Abbreviation name in part)
                update.TryAdd(new RouteEntry(name, (ushort)_announces[name].Sequence, name
                    == Abbreviation.Of(_identity.Address) ? Metric.Zero : Cost));
            link.TrySend(FrameClass.Routing, body.AsSpan(0, 1 + update.Length));
        }

        link.Flush();
        return ValueTask.CompletedTask;
    }

    public ValueTask ReceivedAsync(ILink link, ReceivedFrames frames)
    {
        using (frames)
        {
            while (frames.TryNext(out ReadOnlySpan<byte> frame))
                Answer(link, (FrameKind)frame[0], frame[1..]);
        }

        link.Flush();
        return ValueTask.CompletedTask;
    }

    public void Writable(ILink link)
    {
    }

    public ValueTask DownAsync(ILink link, LinkEnd reason) => ValueTask.CompletedTask;

    public void Dispose()
    {
        _node.Dispose();
        _identity.Dispose();
    }

    private void Add(LocalIdentity who)
    {
        Announce announce = Announce.Create(1, who.PublicKey.Span, Capabilities.Relay, null, "", who.Sign);
        _announces.Add(Abbreviation.Of(announce.Address), announce);
    }

    private void Answer(ILink link, FrameKind kind, ReadOnlySpan<byte> body)
    {
        if (kind == FrameKind.Ping)
        {
            link.TrySend(FrameClass.Control, [(byte)FrameKind.Pong, .. body]);
        }
        else if (kind == FrameKind.AnnounceRequest && AnnounceRequest.TryRead(body, out AnnounceRequest request))
        {
            for (int i = 0; i < request.Count; i++)
            {
                if (_announces.TryGetValue(request[i], out Announce? announce))
                    link.TrySend(FrameClass.Routing, [(byte)FrameKind.Announce, .. announce.Bytes]);
            }
        }
    }
}
