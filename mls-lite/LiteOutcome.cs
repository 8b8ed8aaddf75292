namespace QuicProChat.Mesh.MlsLite;

/// <summary>What became of a message given to <see cref="LiteGroup.Open"/>.</summary>
/// <param name="Error">Why it was not accepted; the group did not change then.</param>
/// <param name="Type">What the message is.</param>
/// <param name="Sender">Who sent it; known whenever <paramref name="Error"/> is None.</param>
/// <param name="Text">The content of a text message, UTF-8; empty otherwise.</param>
/// <param name="Replies">Messages that the group must now send, in order, and to whom.</param>
public sealed record LiteOutcome(
    LiteError Error, LiteMessageType Type = default, LiteMember? Sender = null, ReadOnlyMemory<byte> Text = default,
    IReadOnlyList<LiteReply>? Replies = null);

/// <summary>A message that a group wants sent.</summary>
/// <param name="To">The members to send it to.</param>
/// <param name="Message">The message.</param>
public sealed record LiteReply(IReadOnlyList<LiteMember> To, ReadOnlyMemory<byte> Message);

/// <summary>A text, protected.</summary>
/// <param name="Introduction">What must go out before it, to members who do not know this node's stream yet; null if
/// all do.</param>
/// <param name="Message">The text's message, for all other members.</param>
public sealed record LiteSealed(LiteReply? Introduction, byte[] Message);
