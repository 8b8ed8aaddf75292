namespace QuicProChat.Mesh.Mls.Messages;

/// <summary>How a leaf node came into being (RFC 9420, section 7.2).</summary>
public enum LeafNodeSource : byte
{
    /// <summary>It stood in a key package and has a lifetime.</summary>
    KeyPackage = 1,

    /// <summary>It stood in an Update proposal.</summary>
    Update = 2,

    /// <summary>It stood in the path of a commit and has a parent hash.</summary>
    Commit = 3,
}
