using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>Checks every signature; what a node with one router uses.</summary>
public sealed class AnnounceVerifier : IAnnounceVerifier
{
    /// <summary>The one instance: there is no state.</summary>
    public static readonly AnnounceVerifier Instance = new();

    private AnnounceVerifier()
    {
    }

    /// <inheritdoc/>
    public Announce? Verify(ReadOnlySpan<byte> body) =>
        UnverifiedAnnounce.TryRead(body, out UnverifiedAnnounce unverified)
            && unverified.TryVerify(out Announce? announce) ? announce : null;
}
