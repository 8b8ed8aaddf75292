using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>A text that somebody wants sent.</summary>
/// <param name="Kind">The kind of conversation that it is for.</param>
/// <param name="To">Whom or what it is for, as that kind names it.</param>
/// <param name="Text">What people read of it; of a plain text all, and not empty.</param>
/// <param name="Priority">How urgent it is.</param>
/// <param name="Lifetime">How long to try.</param>
/// <param name="Wait">The state to wait for before answering.</param>
/// <param name="Signed">With the sender's signature, where that is a choice.</param>
public sealed record SendRequest(
    EnvelopeKind Kind, string To, string Text, Priority Priority, TimeSpan Lifetime, MessageState Wait, bool Signed)
{
    /// <summary>What it says, where that is no plain text.</summary>
    public MessageContent Content { get; init; } = new TextContent(Text);
}

/// <summary>A text on its way to the loop; kinds that seal before add what they made.</summary>
/// <param name="request">What was asked for.</param>
/// <param name="caller">Who asked.</param>
public class Outgoing(SendRequest request, ICaller caller)
{
    /// <summary>What was asked for.</summary>
    public SendRequest Request { get; } = request;

    /// <summary>Who asked.</summary>
    public ICaller Caller { get; } = caller;

    /// <summary>The kind that stores and sends it: another than that of the conversation where it is carried.</summary>
    public virtual EnvelopeKind Kind => Request.Kind;
}
