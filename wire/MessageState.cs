namespace QuicProChat.Mesh.Wire;

/// <summary>
/// What is proven about a message that this node sent. Only forward moves:
/// <code>
/// Queued -> Forwarded -> Delivered
///    \          \------> Expired | Failed
///     \----------------> Expired | Failed | Delivered
/// </code>
/// </summary>
public enum MessageState : byte
{
    /// <summary>On this node's disk.</summary>
    Queued = 0,

    /// <summary>A next hop took custody.</summary>
    Forwarded = 1,

    /// <summary>The receiver's proof came back.</summary>
    Delivered = 2,

    /// <summary>Its lifetime ended without a proof.</summary>
    Expired = 3,

    /// <summary>It cannot be delivered; the reason is kept with it.</summary>
    Failed = 4,

    /// <summary>It came from somebody else and was accepted here.</summary>
    Received = 5,
}
