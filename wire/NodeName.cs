using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// The rule for node names: as <see cref="DisplayName"/>, at most 20 bytes. Empty is allowed and means "no name".
/// </summary>
public static class NodeName
{
    /// <summary>Tells whether bytes are a name that may travel.</summary>
    public static bool IsValid(ReadOnlySpan<byte> utf8) => DisplayName.IsValid(utf8, Limits.MaxNodeName);

    /// <summary>As <see cref="IsValid(ReadOnlySpan{byte})"/>, for what an operator typed.</summary>
    public static bool IsValid(string name) => DisplayName.IsValid(name, Limits.MaxNodeName);

    /// <summary>What is wrong with a name that an operator typed, in one sentence; null if nothing is.</summary>
    public static string? Explain(string name) => DisplayName.Explain(name, Limits.MaxNodeName);
}
