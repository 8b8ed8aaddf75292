using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Schedule;

/// <summary>
/// The secrets of one epoch that outlive its beginning (RFC 9420, section 8, table 4). The encryption secret is not
/// among them: it moves into the secret tree at once.
/// </summary>
internal sealed class EpochSecrets : IDisposable
{
    private HpkeKeyPair _external;

    private EpochSecrets(
        byte[] senderData, byte[] exporter, byte[] external, byte[] confirmation, byte[] membership,
        byte[] resumption, byte[] authenticator, byte[] init)
    {
        SenderDataSecret = senderData;
        ExporterSecret = exporter;
        ExternalSecret = external;
        ConfirmationKey = confirmation;
        MembershipKey = membership;
        ResumptionPsk = resumption;
        EpochAuthenticator = authenticator;
        InitSecret = init;
    }

    internal byte[] SenderDataSecret { get; }

    internal byte[] ExporterSecret { get; }

    internal byte[] ExternalSecret { get; }

    internal byte[] ConfirmationKey { get; }

    internal byte[] MembershipKey { get; }

    internal byte[] ResumptionPsk { get; }

    internal byte[] EpochAuthenticator { get; }

    /// <summary>Feeds the next epoch.</summary>
    internal byte[] InitSecret { get; }

    /// <summary>Derives everything from an epoch secret, which is zeroed.</summary>
    internal static EpochSecrets Derive(Suite suite, byte[] epochSecret, out byte[] encryptionSecret)
    {
        encryptionSecret = suite.DeriveSecret(epochSecret, "encryption"u8);
        EpochSecrets secrets = new(
            suite.DeriveSecret(epochSecret, "sender data"u8),
            suite.DeriveSecret(epochSecret, "exporter"u8),
            suite.DeriveSecret(epochSecret, "external"u8),
            suite.DeriveSecret(epochSecret, "confirm"u8),
            suite.DeriveSecret(epochSecret, "membership"u8),
            suite.DeriveSecret(epochSecret, "resumption"u8),
            suite.DeriveSecret(epochSecret, "authentication"u8),
            suite.DeriveSecret(epochSecret, "init"u8));
        Secrets.Zero(epochSecret);
        return secrets;
    }

    /// <summary>
    /// The key pair of section 8.3, derived at first use, because few epochs are joined from outside.
    /// </summary>
    internal HpkeKeyPair ExternalKeyPair(Suite suite)
    {
        if (_external.PublicKey is null)
            _external = suite.Kem.DeriveKeyPair(ExternalSecret);
        return _external;
    }

    /// <summary>MLS-Exporter (section 8.5).</summary>
    internal byte[] Export(Suite suite, ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, int length)
    {
        byte[] derived = suite.DeriveSecret(ExporterSecret, label);
        byte[] exported = suite.ExpandWithLabel(derived, "exported"u8, suite.HashOf(context), length);
        Secrets.Zero(derived);
        return exported;
    }

    /// <summary>Whether nothing is left to export: what zeros export, anybody can compute.</summary>
    internal bool AreGone => !EpochAuthenticator.AsSpan().ContainsAnyExcept((byte)0);

    /// <summary>Gives up all but what it takes to read late messages: who sent them.</summary>
    internal void KeepForReading()
    {
        foreach (byte[] secret in All())
        {
            if (!ReferenceEquals(secret, SenderDataSecret))
                Secrets.Zero(secret);
        }
        ForgetExternalKey();
    }

    /// <summary>Gives up all that could take part in another epoch, and all that could open a message.</summary>
    internal void KeepForComparing()
    {
        foreach (byte[] secret in All())
        {
            if (!ReferenceEquals(secret, ExporterSecret) && !ReferenceEquals(secret, EpochAuthenticator))
                Secrets.Zero(secret);
        }
        ForgetExternalKey();
    }

    public void Dispose()
    {
        foreach (byte[] secret in All())
            Secrets.Zero(secret);
        ForgetExternalKey();
    }

    private void ForgetExternalKey()
    {
        Secrets.Zero(_external.PrivateKey);
        _external = default;
    }

    internal void Write(MlsWriter writer)
    {
        foreach (byte[] secret in All())
            writer.Vector(secret);
    }

    internal static EpochSecrets? Read(ref MlsReader reader, int size)
    {
        byte[][] read = new byte[8][];
        for (int i = 0; i < read.Length; i++)
        {
            if (!reader.TryReadVector(out ReadOnlyMemory<byte> secret) || secret.Length != size)
                return null;
            read[i] = secret.ToArray();
        }
        return new EpochSecrets(read[0], read[1], read[2], read[3], read[4], read[5], read[6], read[7]);
    }

    private byte[][] All() =>
    [
        SenderDataSecret, ExporterSecret, ExternalSecret, ConfirmationKey, MembershipKey, ResumptionPsk,
        EpochAuthenticator, InitSecret,
    ];
}
