using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Pairs;

/// <summary>A text for one node on its way to the loop, to go under the keys of both.</summary>
internal sealed class PairOutgoing(SendRequest request, ICaller caller, NodeAddress to, DateTimeOffset at)
    : Outgoing(request, caller)
{
    /// <inheritdoc/>
    public override EnvelopeKind Kind => EnvelopeKind.Mls;

    internal NodeAddress To { get; } = to;

    internal DateTimeOffset At { get; } = at;

    /// <summary>
    /// The same for the deliveries. A message of two people has one receiver: its caller is told nothing of copies.
    /// </summary>
    internal Outgoing AsOneCopy() => new(Request, new OneCopy(Caller));

    private sealed class OneCopy(ICaller caller) : ICaller
    {
        public void Done(in SentMessage sent) => caller.Done(sent with { Copies = null });

        public void Refused(Refusal why, string text) => caller.Refused(why, text);
    }
}
