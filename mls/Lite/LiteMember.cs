using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Lite;

/// <summary>Who holds an index of a group.</summary>
/// <param name="Index">0 to 31.</param>
/// <param name="Address">The member's address; it follows from the key.</param>
/// <param name="PublicKey">The member's Ed25519 public key, 32 bytes.</param>
public sealed record LiteMember(int Index, NodeAddress Address, ReadOnlyMemory<byte> PublicKey)
{
    internal static LiteMember Of(int index, ReadOnlySpan<byte> publicKey) =>
        new(index, NodeAddress.Of(publicKey), publicKey.ToArray());
}
