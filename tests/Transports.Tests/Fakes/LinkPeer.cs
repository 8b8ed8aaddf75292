using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Quic;
using QuicProChat.Mesh.Transports.Tcp;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Fakes;

/// <summary>A node's end of its links, without a node behind it: an acceptor for links that nobody manages.</summary>
public sealed class LinkPeer : ILinkAcceptor, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Channel<IPendingLink> _accepted = Channel.CreateUnbounded<IPendingLink>();
    private readonly Channel<LinkEnd> _refused = Channel.CreateUnbounded<LinkEnd>();
    private readonly List<IAsyncDisposable> _listeners = [];

    public LinkPeer(byte seed, LinkSettings? settings = null, TimeProvider? time = null)
    {
        Identity = LocalIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);
        Node = new LocalEnd(Identity, (settings ?? new LinkSettings()) with { NodeName = $"node {seed}" }, time
            ?? TimeProvider.System);
        Tcp = new TcpTransport(Node, NullLogger<TcpTransport>.Instance);
        Quic = new QuicTransport(Node, NullLogger<QuicTransport>.Instance);
    }

    public LocalIdentity Identity { get; }

    public LocalEnd Node { get; }

    public TcpTransport Tcp { get; }

    public QuicTransport Quic { get; }

    public NodeAddress Address => Identity.Address;

    public ITransport this[string scheme] => scheme == "quic" ? Quic : Tcp;

    public void Accept(IPendingLink link) => _accepted.Writer.TryWrite(link);

    public void Refused(string remote, LinkEnd reason) => _refused.Writer.TryWrite(reason);

    public Task<IPendingLink> NextAcceptedAsync() => _accepted.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public Task<LinkEnd> NextRefusedAsync() => _refused.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public int RefusedCount => _refused.Reader.Count;

    public async Task<LinkUri> ListenAsync(string scheme = "tcp", string host = "127.0.0.1")
    {
        IListener listener = await this[scheme].ListenAsync(Uri($"{scheme}://{host}:0"), this, CancellationToken.None);
        _listeners.Add(listener);
        return listener.Bound;
    }

    public async Task<DialResult> DialAsync(LinkUri uri) =>
        await this[uri.Scheme].DialAsync(uri, CancellationToken.None).AsTask().WaitAsync(Patience);

    /// <summary>A started link between two nodes: this one dials.</summary>
    public async Task<(ILink Here, RecordingEvents EventsHere, ILink There, RecordingEvents EventsThere)> LinkAsync(
        LinkPeer peer, string scheme = "tcp")
    {
        DialResult dial = await DialAsync(await peer.ListenAsync(scheme));
        Assert.True(dial.Link is not null, dial.Failure?.ToString());
        IPendingLink there = await peer.NextAcceptedAsync();
        RecordingEvents eventsHere = new(), eventsThere = new();
        dial.Link.Start(eventsHere);
        there.Start(eventsThere);
        return (await eventsHere.NextUpAsync(), eventsHere, await eventsThere.NextUpAsync(), eventsThere);
    }

    public static LinkUri Uri(string text)
    {
        Assert.True(LinkUri.TryParse(text, out LinkUri? uri, out string? error), error);
        return uri;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable listener in _listeners)
            await listener.DisposeAsync();
        Node.Dispose();
        Identity.Dispose();
    }
}
