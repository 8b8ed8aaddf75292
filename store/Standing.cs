namespace QuicProChat.Mesh.Store;

/// <summary>What a node is to the owner of this one.</summary>
public enum Standing : byte
{
    /// <summary>Nobody: what it sends is a request, until the owner writes to it, names it or accepts it.</summary>
    Stranger = 0,

    /// <summary>The owner wrote to it, named it or accepted it.</summary>
    Known = 1,

    /// <summary>The owner refused it: what it sends is not kept.</summary>
    Refused = 2,

    /// <summary>
    /// The owner blocked it: what it sends is not kept, in no conversation, until the owner unblocks it.
    /// </summary>
    Blocked = 3,
}

/// <summary>What became of a message that was to be stored.</summary>
public enum Inserted : byte
{
    /// <summary>It is among the messages.</summary>
    Added,

    /// <summary>It is among the requests: its sender is not known.</summary>
    AddedAsRequest,

    /// <summary>It was there already, or was and has been erased: nothing changed.</summary>
    AlreadyThere,

    /// <summary>
    /// It was not kept: its sender was refused or blocked, or is a stranger and it is larger than one may send.
    /// </summary>
    NotKept,

    /// <summary>There is no room for what others send: what is left of the disk is the owner's.</summary>
    NoRoom,
}

/// <summary>The requests of one stranger.</summary>
/// <param name="Peer">Who wrote them.</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">What they take of the disk, about.</param>
/// <param name="First">When the first of them came.</param>
/// <param name="Newest">The newest.</param>
public sealed record StoredRequests(
    Identity.NodeAddress Peer, int Count, long Bytes, DateTimeOffset First, StoredMessage Newest);
