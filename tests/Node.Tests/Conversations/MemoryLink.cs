using System.Buffers;
using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

/// <summary>One end of a cable between two nodes of one process: frames arrive whole and in order.</summary>
internal sealed class MemoryLink(LocalIdentity peer, ILinkEvents owner, bool outbound) : ILink
{
    private readonly Lock _guard = new();
    private readonly Queue<byte[]> _queued = new();
    private MemoryLink? _other;
    private Func<byte[], bool>? _passes;
    private Task _sending = Task.CompletedTask;
    private bool _closed;

    public NodeAddress Peer => peer.Address;

    public ReadOnlyMemory<byte> PeerPublicKey => peer.PublicKey;

    public string PeerName => "";

    public ulong PeerBootId => 1;

    public string Transport => "memory";

    public string Uri => "memory:";

    public bool Outbound => outbound;

    public ulong SourceGroup => 0;

    public bool Chosen => outbound;

    public LinkProperties Properties { get; private init; } = LinkProperties.Stream;

    public (long Received, long Sent) Traffic => (0, 0);

    /// <summary>Plugs two ends together; returns the first.</summary>
    internal static async Task<MemoryLink> ConnectAsync(
        LocalIdentity a, ILinkEvents eventsOfA, LocalIdentity b, ILinkEvents eventsOfB, bool pushRoutes = true,
        Func<byte[], bool>? passes = null, int bitsPerSecond = 0, bool bundles = true)
    {
        LinkProperties properties = LinkProperties.Stream with
        {
            PushRoutes = pushRoutes,
            BitsPerSecond = bitsPerSecond,
            Bundles = bundles,
        };
        var endAtA = new MemoryLink(b, eventsOfA, outbound: true) { Properties = properties, _passes = passes };
        var endAtB = new MemoryLink(a, eventsOfB, outbound: false) { Properties = properties, _passes = passes };
        endAtA._other = endAtB;
        endAtB._other = endAtA;
        await eventsOfA.UpAsync(endAtA);
        await eventsOfB.UpAsync(endAtB);
        return endAtA;
    }

    public bool TrySend(FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        lock (_guard)
        {
            if (_closed)
                return false;
            _queued.Enqueue(frame.ToArray());
            return true;
        }
    }

    public bool TryBroadcast(FrameClass frameClass, ReadOnlySpan<byte> frame) => TrySend(frameClass, frame);

    public void Flush()
    {
        lock (_guard)
            _sending = _sending.ContinueWith(_ => SendAsync(), TaskScheduler.Default).Unwrap();
    }

    public void Close(LinkEnd reason)
    {
        lock (_guard)
        {
            if (_closed)
                return;
            _closed = true;
        }

        _ = owner.DownAsync(this, reason).AsTask();
        _other!.Close(reason with { ByPeer = true });
    }

    private async Task SendAsync()
    {
        while (true)
        {
            byte[]? frame;
            lock (_guard)
            {
                if (!_queued.TryDequeue(out frame))
                    return;
            }

            if (_passes?.Invoke(frame) == false)
                continue;
            byte[] buffer = ArrayPool<byte>.Shared.Rent(sizeof(ushort) + frame.Length);
            BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)frame.Length);
            frame.CopyTo(buffer, sizeof(ushort));
            await _other!.ArriveAsync(new ReceivedFrames(buffer, sizeof(ushort) + frame.Length));
        }
    }

    /// <summary>Puts bytes on the cable that no node would: they arrive at the first end.</summary>
    internal void Hurt(byte[] frame)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(sizeof(ushort) + frame.Length);
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)frame.Length);
        frame.CopyTo(buffer, sizeof(ushort));
        _ = ArriveAsync(new ReceivedFrames(buffer, sizeof(ushort) + frame.Length)).AsTask();
    }

    private ValueTask ArriveAsync(ReceivedFrames frames) => owner.ReceivedAsync(this, frames);
}
