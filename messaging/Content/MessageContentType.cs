namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>
/// What a message says (docs/reference/content.md, section 2): the low six bits of a first byte from 80 to BF. No UTF-8
/// text begins with such a byte, so plain text needs none.
/// </summary>
public enum MessageContentType : byte
{
    /// <summary>UTF-8 text, without any byte before it.</summary>
    Text = 0,

    /// <summary>Another content that disappears after a time.</summary>
    Timed = 1,

    /// <summary>A text that answers another message.</summary>
    Reply = 2,

    /// <summary>A sign on another message, put there or taken back.</summary>
    Reaction = 3,

    /// <summary>A new text for an earlier message of the same author.</summary>
    Edit = 4,

    /// <summary>An earlier message of the same author is to go.</summary>
    Delete = 5,

    /// <summary>Messages were read.</summary>
    Read = 6,

    /// <summary>Somebody is writing, or is not any more.</summary>
    Typing = 7,

    /// <summary>From now on messages of the conversation disappear after a time, or do not.</summary>
    Timer = 8,

    /// <summary>A file that can be fetched.</summary>
    FileOffer = 9,

    /// <summary>Somebody's address and key.</summary>
    ContactCard = 10,

    /// <summary>A place on earth.</summary>
    Location = 11,

    /// <summary>The first type that only this node writes, and no other may send.</summary>
    FirstLocal = Joined,

    /// <summary>Local: somebody joined the conversation.</summary>
    Joined = 48,

    /// <summary>Local: somebody left the conversation.</summary>
    Left = 49,

    /// <summary>Local: the conversation has another name.</summary>
    Renamed = 50,

    /// <summary>Local: the conversation has new keys.</summary>
    Epoch = 51,

    /// <summary>Local: what is left of a message that its author deleted.</summary>
    Deleted = 52,
}
