using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests;

/// <summary>Checks each signed record once, however many routers hear it.</summary>
internal sealed class RememberingVerifier : IAnnounceVerifier
{
    private readonly Dictionary<string, Announce?> _known = [];

    public Announce? Verify(ReadOnlySpan<byte> body)
    {
        string key = Convert.ToHexString(body);
        if (!_known.TryGetValue(key, out Announce? announce))
            _known.Add(key, announce = AnnounceVerifier.Instance.Verify(body));
        return announce;
    }
}
