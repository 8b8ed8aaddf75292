using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>
/// Turns the bytes of an announce into a verified one. Injected, so that a process with many routers verifies each
/// signed record once and keeps one copy of it.
/// </summary>
public interface IAnnounceVerifier
{
    /// <summary>The verified announce; null if the bytes do not parse or the signature is wrong.</summary>
    /// <param name="body">The body of an Announce frame; copied where it is kept.</param>
    Announce? Verify(ReadOnlySpan<byte> body);
}
