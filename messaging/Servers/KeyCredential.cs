using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>
/// The credential of an account in MLS groups on servers: a basic one that is the raw Ed25519 key, which is the leaf's
/// signature key too. It proves itself; whose key it is the owner of the conversation has to know.
/// </summary>
internal sealed class KeyCredential : CredentialValidator
{
    /// <inheritdoc/>
    public override bool IsValid(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use) =>
        use is not (CredentialUse.ExternalJoin or CredentialUse.ExternalSender)
        && credential.Identity.Length == Ed25519.PublicKeySize
            && credential.Identity.Span.SequenceEqual(signatureKey.Span)
        && Ed25519.IsValidPublicKey(signatureKey.Span);

    /// <inheritdoc/>
    public override bool IsSameClient(LeafNode first, LeafNode second) =>
        first.SignatureKey.Span.SequenceEqual(second.SignatureKey.Span);

    /// <inheritdoc/>
    public override bool MayJoinExternally(Credential credential, Credential? removed) => false;
}
