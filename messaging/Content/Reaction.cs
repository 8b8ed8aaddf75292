using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>A sign that somebody put on a message, or took back.</summary>
/// <param name="By">Who.</param>
/// <param name="Turn">The highest turn that came; odd where the sign is there.</param>
/// <param name="Emoji">The sign.</param>
public readonly record struct Reaction(NodeAddress By, byte Turn, string Emoji)
{
    /// <summary>It is there.</summary>
    public bool IsThere => Turn % 2 == 1;
}
