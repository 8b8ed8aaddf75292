using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// Validation of one leaf node (RFC 9420, section 7.3), apart from what only the whole tree can tell.
/// </summary>
internal sealed class LeafValidator(MlsEnvironment environment, Suite suite)
{
    /// <summary>The checks that need no group: form, keys, own capabilities, lifetime, credential, signature.</summary>
    /// <param name="leaf">The leaf.</param>
    /// <param name="groupId">The group's id; not used for a leaf from a key package.</param>
    /// <param name="index">The leaf's index; not used for a leaf from a key package.</param>
    /// <param name="checkLifetime">Whether now must lie in the lifetime; its length is checked in any case.</param>
    /// <param name="use">Where the credential turned up; null if it was judged before.</param>
    internal MlsError Check(
        LeafNode leaf, ReadOnlySpan<byte> groupId, LeafIndex index, bool checkLifetime, CredentialUse? use)
    {
        MlsError error = CheckForm(leaf, checkLifetime);
        if (!error.Failed)
            error = CheckCertificate(leaf.Credential, leaf.SignatureKey);
        if (!error.Failed && use is { } reason)
            error = CheckTruth(leaf.Credential, leaf.SignatureKey, reason);
        if (error.Failed)
            return error;
        return leaf.VerifySignature(suite, groupId, index) ? MlsError.None
            : Errors.At(MlsErrorCode.InvalidSignature, "7.3");
    }

    /// <summary>The checks of <see cref="Check"/> but for the credential and the signature.</summary>
    internal MlsError CheckForm(LeafNode leaf, bool checkLifetime)
    {
        if (leaf.SignatureKey.Length != suite.Signature.PublicKeySize
            || !suite.Kem.IsValidPublicKey(leaf.EncryptionKey.Span))
            return Errors.At(MlsErrorCode.InvalidLeafNode, "7.3");
        MlsError error = CheckCapabilities(leaf);
        if (!error.Failed && leaf.Source == LeafNodeSource.KeyPackage)
            error = CheckLifetime(leaf, checkLifetime);
        return error;
    }

    /// <summary>Whether a leaf supports what the group demands: its extensions and its required capabilities.</summary>
    internal static MlsError CheckAgainstGroup(LeafNode leaf, GroupRequirements requirements)
    {
        if (requirements.Required is { } required && !required.IsMetBy(leaf))
            return Errors.At(MlsErrorCode.UnsupportedCapability, "7.3");
        CapabilitiesView view = leaf.CapabilitiesView;
        foreach (Extension extension in requirements.Extensions)
        {
            if (!view.SupportsExtension(extension.Type))
                return Errors.At(MlsErrorCode.UnsupportedCapability, "13.4");
        }
        return MlsError.None;
    }

    /// <summary>Whether every member supports every credential type in use (section 7.3).</summary>
    internal static MlsError CheckCredentialTypes(RatchetTree tree) =>
        (tree.Root.CredentialsInUse & ~tree.Root.CredentialsSupported) == 0
            ? MlsError.None
            : Errors.At(MlsErrorCode.UnsupportedCapability, "7.3");

    /// <summary>Whether a credential speaks for a key, as the application sees it.</summary>
    internal MlsError CheckCredential(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use)
    {
        MlsError error = CheckCertificate(credential, signatureKey);
        return error.Failed ? error : CheckTruth(credential, signatureKey, use);
    }

    private MlsError CheckTruth(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use) =>
        Errors.Of(environment.Validator.Judge(credential, signatureKey, use), MlsErrorCode.InvalidCredential, "5.3.1");

    /// <summary>Whether an X.509 credential begins with a certificate of the key (section 5.3).</summary>
    internal MlsError CheckCertificate(Credential credential, ReadOnlyMemory<byte> signatureKey) =>
        credential.Type == CredentialType.X509
        && (credential.Certificates is not [var endEntity, ..]
            || !X509Key.Matches(endEntity.Span, suite, signatureKey.Span))
            ? Errors.At(MlsErrorCode.InvalidCredential, "5.3")
            : MlsError.None;

    private MlsError CheckCapabilities(LeafNode leaf)
    {
        CapabilitiesView view = leaf.CapabilitiesView;
        if (!view.Versions.Contains(Protocol.Version) || !view.CipherSuites.Contains((ushort)suite.Id)
            || !view.Credentials.Contains(leaf.CredentialType))
        {
            return Errors.At(MlsErrorCode.UnsupportedCapability, "7.2");
        }
        if (leaf.HasExtensions)
        {
            foreach (Extension extension in leaf.Extensions)
            {
                if (!view.SupportsExtension(extension.Type))
                    return Errors.At(MlsErrorCode.UnsupportedCapability, "7.3");
            }
        }
        return MlsError.None;
    }

    /// <summary>Whether now lies in a leaf's lifetime, give or take the clocks' difference (section 7.3).</summary>
    internal static bool IsAlive(MlsEnvironment environment, LeafNode leaf)
    {
        if (leaf.Source != LeafNodeSource.KeyPackage)
            return true;
        ulong now = environment.UnixTime;
        ulong skew = environment.SkewSeconds;
        return leaf.NotBefore <= now + skew && now <= leaf.NotAfter + Math.Min(skew, ulong.MaxValue - leaf.NotAfter);
    }

    private MlsError CheckLifetime(LeafNode leaf, bool checkNow)
    {
        TimeSpan longest = environment.Policy.MaxLeafLifetime;
        bool sound = leaf.NotAfter >= leaf.NotBefore
            && (longest == TimeSpan.MaxValue
                || leaf.NotAfter - leaf.NotBefore <= (ulong)longest.TotalSeconds + 2 * environment.SkewSeconds);
        return sound && (!checkNow || IsAlive(environment, leaf)) ? MlsError.None
            : Errors.At(MlsErrorCode.InvalidLifetime, "7.2");
    }
}

/// <summary>What the group context's extensions demand of members.</summary>
internal sealed record GroupRequirements(ExtensionList Extensions, RequiredCapabilities? Required)
{
    internal static MlsError TryParse(ExtensionList extensions, out GroupRequirements requirements)
    {
        requirements = null!;
        RequiredCapabilities? required = null;
        if (extensions.TryFind(ExtensionType.RequiredCapabilities, out ReadOnlyMemory<byte> data)
            && !RequiredCapabilities.TryParse(data, out required))
        {
            return Errors.At(MlsErrorCode.InvalidExtension, "11.1");
        }
        requirements = new GroupRequirements(extensions, required);
        return MlsError.None;
    }
}
