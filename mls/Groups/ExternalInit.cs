using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>The init secret of an external commit (RFC 9420, section 8.3).</summary>
internal static class ExternalInit
{
    internal static MlsError Send(
        Suite suite, ReadOnlySpan<byte> externalPub, RandomFill random, out byte[] initSecret,
        out ExternalInitProposal proposal)
    {
        initSecret = new byte[suite.HashSize];
        proposal = null!;
        if (!suite.Hpke.TryExportToSender(externalPub, default, "MLS 1.0 external init secret"u8, initSecret, random,
            out byte[] kem))
            return Errors.At(MlsErrorCode.InvalidExtension, "12.4.3.2");
        proposal = new ExternalInitProposal(kem);
        return MlsError.None;
    }

    internal static MlsError Receive(
        Suite suite, EpochSecrets secrets, ExternalInitProposal proposal, out byte[] initSecret)
    {
        initSecret = new byte[suite.HashSize];
        HpkeKeyPair pair = secrets.ExternalKeyPair(suite);
        return suite.Hpke.TryExportToReceiver(
            proposal.KemOutput.Span, pair.PrivateKey, pair.PublicKey, default,
            "MLS 1.0 external init secret"u8, initSecret)
            ? MlsError.None
            : Errors.At(MlsErrorCode.InvalidProposal, "8.3");
    }
}
