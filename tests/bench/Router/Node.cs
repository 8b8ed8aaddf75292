using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Bench;

/// <summary>A router whose frames go straight to its neighbours, or, once quiet, nowhere.</summary>
internal sealed class Node : IRouterActions
{
    public Node(byte number, Instant now)
    {
        byte[] publicKey = new byte[Ed25519.PublicKeySize], secretKey = new byte[Ed25519.SecretKeySize],
            seed = new byte[Ed25519.SeedSize];
        seed[0] = number;
        Ed25519.KeyPairFromSeed(seed, publicKey, secretKey);
        Local = new LocalNode(publicKey, (message, signature) => Ed25519.Sign(message, secretKey, signature));
        // The rate limit is the one thing in the way of a benchmark.
        var options = new RouterOptions { NeighbourEnvelopesPerSecond = 5_000_000, NeighbourBurst = 1_000_000 };
        Router = new Router(options, Local, AnnounceVerifier.Instance, this, new Random(number), lastSequence: 0, now);
    }

    public LocalNode Local { get; }

    public Router Router { get; }

    public Dictionary<int, (Node Node, LinkId Link)> Peers { get; } = [];

    public Queue<(LinkId Link, byte[] Frame)> Inbox { get; } = new();

    public bool Quiet { get; set; }

    public bool Send(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        if (!Quiet)
        {
            (Node node, LinkId far) = Peers[link.Value];
            node.Inbox.Enqueue((far, frame.ToArray()));
        }

        return true;
    }

    public bool Broadcast(LinkId link, FrameClass frameClass, ReadOnlySpan<byte> frame) =>
        Send(link, frameClass, frame);

    public void CloseLink(LinkId link, LinkEnd reason) => throw new InvalidOperationException($"{reason.Code}");

    public void PersistEnvelope(long token, in EnvelopeId id, in HeldEnvelope held, ReadOnlySpan<byte> envelope) =>
        throw new InvalidOperationException("The next hop takes everything at once: nothing is to be written.");

    public void ForgetEnvelope(in EnvelopeId id) => throw new InvalidOperationException();

    public void LoadEnvelope(in EnvelopeId id) => throw new InvalidOperationException();

    public void PersistSeen(in EnvelopeId id, byte generation) => throw new InvalidOperationException();

    public void PersistAnnounce(in NodeAddress address, uint sequence, ReadOnlySpan<byte> announce)
    {
    }

    public void ForgetAnnounce(in NodeAddress address)
    {
    }

    public void PersistSequence(uint sequence)
    {
    }

    public void Deliver(long token, in EnvelopeId id, in EnvelopeHeader header, ReadOnlySpan<byte> payload) =>
        throw new InvalidOperationException();

    public void StateChanged(in EnvelopeId id, MessageState state, StateReason reason, int hops) =>
        throw new InvalidOperationException();

    public void RouteChanged(in NodeAddress destination)
    {
    }
}
