using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// What a step of a group wants done: all of it belongs into the transaction that stores the group's state.
/// </summary>
public sealed class GroupOutput
{
    /// <summary>Frames, each to be sealed to one node.</summary>
    public IList<GroupMail> Mail { get; } = [];

    /// <summary>Texts that were sealed, each for some members.</summary>
    public IList<SealedText> Texts { get; } = [];

    /// <summary>What happened, for whoever listens.</summary>
    public IList<GroupNotice> Notices { get; } = [];

    /// <summary>The group's state changed.</summary>
    public bool Changed { get; set; }

    /// <summary>
    /// Ratchets or texts that are under way changed: pieces of the state, which are written without the rest of it.
    /// </summary>
    public bool Moved { get; set; }

    /// <summary>
    /// Keys of this node were set apart for texts: the disk has to know that before one of them leaves.
    /// </summary>
    public bool SetsKeysApart { get; set; }

    /// <summary>Tips of others that a frame told of, and whose signatures were checked.</summary>
    public int Checked { get; set; }

    /// <summary>Commits that there was no room for; whoever has them tells of them again.</summary>
    public int Refused { get; set; }
}

/// <summary>A frame for one node.</summary>
/// <param name="Key">Its Ed25519 public key, 32 bytes.</param>
/// <param name="Frame">The frame.</param>
/// <param name="IsBulk">It is an answer to a question, and may be lost: whoever misses it asks again.</param>
public sealed record GroupMail(ReadOnlyMemory<byte> Key, byte[] Frame, bool IsBulk)
{
    /// <summary>Its address.</summary>
    public NodeAddress To { get; } = NodeAddress.Of(Key.Span);
}

/// <summary>A text as it travels.</summary>
/// <param name="Message">The id that all members know it by.</param>
/// <param name="Payload">An MLSMessage.</param>
/// <param name="To">For whom.</param>
/// <param name="IsAgain">It was sealed before, in a state that they do not follow.</param>
public sealed record SealedText(EnvelopeId Message, byte[] Payload, IReadOnlyList<NodeAddress> To, bool IsAgain)
{
    /// <summary>The same text, under the same number, for those behind radios; empty if nobody is.</summary>
    public ReadOnlyMemory<byte> Compact { get; init; }

    /// <summary>Who gets that one.</summary>
    public IReadOnlyCollection<NodeAddress> Compactly { get; init; } = [];

    /// <summary>What a member gets.</summary>
    public ReadOnlySpan<byte> PayloadFor(NodeAddress member) =>
        Compactly.Contains(member) ? Compact.Span : Payload;
}

/// <summary>A text that came in.</summary>
/// <param name="Message">The id that all members know it by.</param>
/// <param name="Sender">Its proven sender.</param>
/// <param name="Content">What it says.</param>
/// <param name="Place">Where it stands: where it was sealed first; null if that it was its sender's place cannot be
/// told any more.</param>
/// <param name="IsOfFormer">Its sender was put out since: perhaps it did not know.</param>
public sealed record ReceivedText(
    EnvelopeId Message, NodeAddress Sender, ReadOnlyMemory<byte> Content, MessagePlace? Place, bool IsOfFormer)
{
    /// <summary>It came in its compact form.</summary>
    public bool IsCompact { get; init; }
}

/// <summary>What became of a text that came in.</summary>
public enum TextOutcome
{
    /// <summary>It was opened.</summary>
    Opened,

    /// <summary>Its state is not known: what explains it may be on its way.</summary>
    Later,

    /// <summary>Its key was used before.</summary>
    Repeated,

    /// <summary>It is forged, damaged, or from nobody who may write here.</summary>
    Refused,
}

/// <summary>What happened in a group.</summary>
/// <param name="Kind">What.</param>
/// <param name="Subject">Whom it is about; default for the group.</param>
public readonly record struct GroupNotice(GroupNoticeKind Kind, NodeAddress Subject);

/// <summary>What can happen in a group.</summary>
public enum GroupNoticeKind
{
    /// <summary>Somebody joined.</summary>
    Joined,

    /// <summary>Somebody left, or was removed.</summary>
    Left,

    /// <summary>The list of admins changed.</summary>
    AdminsChanged,

    /// <summary>Keys changed.</summary>
    Epoch,

    /// <summary>This node went over to another branch.</summary>
    Fork,

    /// <summary>Somebody was proved to play foul.</summary>
    FoulPlay,

    /// <summary>This node's standing changed.</summary>
    Status,
}
