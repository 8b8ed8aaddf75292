namespace QuicProChat.Mesh.Wire;

/// <summary>Why a link ended; the number is the code of the Bye frame.</summary>
public enum LinkEndCode : byte
{
    /// <summary>The node stops or the operator disconnected it.</summary>
    Closed = 0,

    /// <summary>Another link to the same neighbour is kept instead.</summary>
    Duplicate = 1,

    /// <summary>The neighbour answered no more.</summary>
    Dead = 2,

    /// <summary>Frames that do not parse, or a broken promise of the protocol.</summary>
    ProtocolViolation = 3,

    /// <summary>No common protocol version.</summary>
    Version = 4,

    /// <summary>Another network key, or none.</summary>
    NetworkKey = 5,

    /// <summary>The peer has another address than the one pinned.</summary>
    WrongAddress = 6,

    /// <summary>The peer is this node itself.</summary>
    Self = 7,

    /// <summary>Too many links or connections.</summary>
    TooMany = 8,

    /// <summary>The peer did not authenticate.</summary>
    Authentication = 9,

    /// <summary>The handshake took too long.</summary>
    HandshakeTimeout = 10,

    /// <summary>The transport failed: connection reset, device gone.</summary>
    TransportFailed = 11,

    /// <summary>Two nodes run with one key.</summary>
    Clone = 12,
}

/// <summary>Why a link ended; the first reason wins and is kept.</summary>
/// <param name="Code">The reason.</param>
/// <param name="ByPeer">The peer said it (Bye), not us.</param>
/// <param name="Detail">One sentence for the log; null where the code says it all.</param>
public sealed record LinkEnd(LinkEndCode Code, bool ByPeer = false, string? Detail = null);
