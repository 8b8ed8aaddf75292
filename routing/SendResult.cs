using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>Whether the router took an envelope that starts here.</summary>
public enum SendStatus : byte
{
    /// <summary>Taken: it is carried until its receipt came or its lifetime ended.</summary>
    Queued = 0,

    /// <summary>Larger than any frame, or than the node allows.</summary>
    TooLarge = 1,

    /// <summary>This node holds as much as it may.</summary>
    NoSpace = 2,

    /// <summary>The same envelope (by id) is already carried.</summary>
    Duplicate = 3,

    /// <summary>
    /// The lifetime is zero or negative, the proof is missing or not 24 bytes, or the kind is a receipt.
    /// </summary>
    Invalid = 4,
}

/// <summary>The router's answer to <see cref="Router.Send"/>.</summary>
/// <param name="Status">Taken or why not.</param>
/// <param name="Id">The envelope's id; default where it was not computed.</param>
public readonly record struct SendResult(SendStatus Status, EnvelopeId Id);
