namespace QuicProChat.Mesh.Wire.Files;

/// <summary>The first byte of a bulk frame's payload (docs/reference/files.md, section 5).</summary>
public enum FilePayloadKind : byte
{
    /// <summary>A word that is sealed to one node.</summary>
    Sealed = 0,

    /// <summary>A piece of a chunk.</summary>
    Piece = 1,
}

/// <summary>The first byte of a sealed word, without its highest bit, which belongs to the seal.</summary>
public enum FileWordKind : byte
{
    /// <summary>Asks whether a node has a file.</summary>
    Query = 1,

    /// <summary>Says what a node has of it.</summary>
    Answer = 2,

    /// <summary>Asks for pieces.</summary>
    Request = 3,
}
