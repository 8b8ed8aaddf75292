using System.Text.Json;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>The network key's id and proofs, as docs/reference/protocol.md, section 7, has them.</summary>
public sealed class NetworkVectorTests
{
    private static readonly JsonElement Vectors = Documents.Vectors("protocol.md").GetProperty("network");

    [Fact]
    public void A_network_key_gives_the_id_and_the_proofs_of_the_page()
    {
        using NetworkKey key = new(Vectors.HexAt("key"));
        Assert.Equal(Vectors.HexAt("id"), key.Id.ToArray());
        byte[] dialer = Vectors.HexAt("dialerCertificate"), listener = Vectors.HexAt("listenerCertificate");
        Assert.Equal(Vectors.HexAt("dialerProof"), Prove(key, LinkRole.Dialer, dialer, listener));
        Assert.Equal(Vectors.HexAt("listenerProof"), Prove(key, LinkRole.Listener, listener, dialer));
    }

    private static byte[] Prove(NetworkKey key, LinkRole role, byte[] own, byte[] peer)
    {
        byte[] proof = new byte[32];
        key.Prove(role, own, peer, proof);
        return proof;
    }
}
