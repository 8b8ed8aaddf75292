using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups.Policy;

//  address 16 | Ed25519 public key 32
//
/// <summary>
/// The credential of a node in MLS groups: a basic one that names its address and its key, which is the leaf's
/// signature key too. An address is a digest of the key, so that a credential proves itself; nobody has to be asked.
/// </summary>
public sealed class AddressCredential : CredentialValidator
{
    /// <summary>Size of the identity in a credential.</summary>
    public const int Size = NodeAddress.Size + Ed25519.PublicKeySize;

    /// <summary>The credential of a key.</summary>
    public static Credential Of(ReadOnlySpan<byte> publicKey)
    {
        Span<byte> identity = stackalloc byte[Size];
        NodeAddress.Of(publicKey).Write(identity);
        publicKey.CopyTo(identity[NodeAddress.Size..]);
        return Credential.Basic(identity);
    }

    /// <summary>The address in a credential that was found valid.</summary>
    public static NodeAddress AddressOf(Credential credential)
    {
        ArgumentNullException.ThrowIfNull(credential);
        return credential.Identity.Length == Size ? NodeAddress.Read(credential.Identity.Span) : default;
    }

    /// <summary>The address of a leaf that was found valid.</summary>
    public static NodeAddress AddressOf(LeafNode leaf)
    {
        ArgumentNullException.ThrowIfNull(leaf);
        return AddressOf(leaf.Credential);
    }

    /// <inheritdoc/>
    public override bool IsValid(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use)
    {
        ArgumentNullException.ThrowIfNull(credential);
        if (use is CredentialUse.ExternalJoin or CredentialUse.ExternalSender || credential.Identity.Length != Size)
            return false;
        ReadOnlySpan<byte> key = credential.Identity.Span[NodeAddress.Size..];
        return key.SequenceEqual(signatureKey.Span) && Ed25519.IsValidPublicKey(key)
            && NodeAddress.Of(key) == NodeAddress.Read(credential.Identity.Span);
    }

    /// <inheritdoc/>
    public override bool IsSameClient(LeafNode first, LeafNode second) => AddressOf(first) == AddressOf(second);

    /// <inheritdoc/>
    public override bool MayJoinExternally(Credential credential, Credential? removed) => false;
}
