using System.Threading.Channels;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Fakes;

/// <summary>A link without bytes: comes up when started, goes down when closed or told to.</summary>
public sealed class FakeLink(NodeAddress peer, bool outbound = true, uint number = 1) : ILink, IPendingLink, ILinkOrigin
{
    private readonly TaskCompletionSource _released = new();
    private ILinkEvents? _events;
    private bool? _chosen;
    private Task _up = Task.CompletedTask;

    public NodeAddress Peer => peer;

    public ReadOnlyMemory<byte> PeerPublicKey => new byte[32];

    public string PeerName => "fake";

    public ulong PeerBootId { get; init; } = 1;

    public string Transport => "tcp";

    public string Uri { get; init; } = "fake";

    public bool Outbound => outbound;

    LinkSource ILinkOrigin.Source => Source ?? LinkSource.Loopback;

    public ulong SourceGroup => (Source ?? LinkSource.Loopback).Group;

    public bool Chosen => _chosen ?? outbound;

    internal LinkSource? Source { get; init; }

    public uint DialNumber => number;

    public int Medium { get; init; }

    public LinkProperties Properties => LinkProperties.Stream with { Medium = Medium };

    public (long Received, long Sent) Traffic => default;

    public ILink Link => this;

    public LinkEnd? Closed { get; private set; }

    public bool Started => _events is not null;

    public bool WasUsed { get; private set; }

    public void MarkUsed() => WasUsed = true;

    /// <summary>Closing waits for <see cref="Release"/>, as a link does that lingers.</summary>
    public bool Holds { get; init; }

    public void Release() => _released.SetResult();

    public void Choose(bool isChosen) => _chosen = isChosen;

    public void Start(ILinkEvents events)
    {
        _events = events;
        _up = events.UpAsync(this).AsTask();
    }

    public void End(LinkEnd reason) => Down(reason);

    public void Close(LinkEnd reason)
    {
        if (Closed is not null)
            return;
        Closed = reason;
        if (_events is not null)
            Down(reason);
    }

    public bool TrySend(FrameClass frameClass, ReadOnlySpan<byte> frame) => true;

    public bool TryBroadcast(FrameClass frameClass, ReadOnlySpan<byte> frame) => true;

    public void Flush()
    {
    }

    private void Down(LinkEnd reason)
    {
        if (!Holds)
            _released.TrySetResult();
        // Never on the closer's stack: the closer may hold its own lock.
        _ = Task.Run(async () =>
        {
            await _released.Task;
            await _up;
            await _events!.DownAsync(this, reason);
        });
    }
}

/// <summary>A transport whose dials end as the test says; by default nobody answers.</summary>
public sealed class ScriptedTransport : ITransport
{
    private readonly Channel<string> _dials = Channel.CreateUnbounded<string>();

    public Dictionary<string, Func<DialResult>> Answers { get; } = [];

    public string Scheme => "tcp";

    public string? Unavailable => null;

    public int Dials { get; private set; }

    public Task<string> NextDialAsync() => _dials.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public ITransport AsQuic() => new Quic(this);

    /// <summary>What listening comes to, called each time; by default it fails.</summary>
    public Func<LinkUri, IListener> Listen { get; set; } = _ =>
        throw new IOException("A scripted transport does not listen.");

    public ValueTask<IListener> ListenAsync(LinkUri uri, ILinkAcceptor acceptor, CancellationToken cancellation) =>
        ValueTask.FromResult(Listen(uri));

    public ValueTask<DialResult> DialAsync(LinkUri uri, CancellationToken cancellation)
    {
        Dials++;
        DialResult result = Answers.TryGetValue(uri.ToString(), out Func<DialResult>? answer)
            ? answer()
            : new DialResult(null, new LinkEnd(LinkEndCode.TransportFailed, Detail: "nobody there"));
        _dials.Writer.TryWrite(uri.ToString());
        return ValueTask.FromResult(result);
    }

    private sealed class Quic(ScriptedTransport owner) : ITransport
    {
        public string Scheme => "quic";

        public string? Unavailable => null;

        public ValueTask<IListener> ListenAsync(LinkUri uri, ILinkAcceptor acceptor, CancellationToken cancellation) =>
            owner.ListenAsync(uri, acceptor, cancellation);

        public ValueTask<DialResult> DialAsync(LinkUri uri, CancellationToken cancellation) =>
            owner.DialAsync(uri, cancellation);
    }
}
