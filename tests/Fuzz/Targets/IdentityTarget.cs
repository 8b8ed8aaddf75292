using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite.Tests;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>Certificates as a peer presents them, and what lies in files: the first byte chooses the reader.</summary>
internal static class IdentityTarget
{
    internal static readonly FuzzTarget Target = new("identity", "certificates, their numbers, key files", Seeds, Run);

    private static readonly byte[] PublicKey = World.Key(1);

    private static IEnumerable<byte[]> Seeds()
    {
        using LocalIdentity identity = World.IdentityOf(1);
        foreach (ulong number in new ulong[] { 0, 1700000000 })
        {
            using X509Certificate2 certificate = LinkCertificate.Create(identity, number);
            yield return [0, .. certificate.RawData];
            yield return [1, .. certificate.RawData];
        }

        byte[] proof = new byte[CertificateNumber.Size];
        CertificateNumber.Sign(identity, 5, [0, 1, 2, 3], proof);
        yield return [2, .. proof];
        foreach (string passphrase in new[] { "", "open" })
        {
            string path = Path.Combine(Path.GetTempPath(), $"qpc-fuzz-{Environment.ProcessId}.key");
            try
            {
                KeyFile.Save(path, identity, System.Text.Encoding.ASCII.GetBytes(passphrase), replace: true,
                    new Argon2Cost(8, 1));
                yield return [3, .. File.ReadAllBytes(path)];
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        ReadOnlySpan<byte> bytes = input[1..];
        switch (input[0] % 4)
        {
            case 0:
                ReadCertificate(bytes);
                break;
            case 1:
                _ = DerCertificate.TrySplit(bytes, out _, out _);
                break;
            case 2:
                _ = CertificateNumber.TryVerify(bytes, PublicKey, out _);
                break;
            case 3:
                ReadKeyFile(bytes);
                break;
        }
    }

    private static void ReadCertificate(ReadOnlySpan<byte> bytes)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadCertificate(bytes);
        }
        catch (CryptographicException)
        {
            // TLS refuses it before the program sees it.
            return;
        }

        using (certificate)
        {
            if (!LinkCertificate.TryVerify(certificate, out VerifiedPeer? peer, out string? error))
                Assert.NotEmpty(error);
            else
                Assert.Equal(NodeAddress.Of(peer.PublicKey.Span), peer.Address);
        }
    }

    private static void ReadKeyFile(ReadOnlySpan<byte> bytes)
    {
        try
        {
            KeyFile.Read("key", bytes, default).Dispose();
        }
        catch (KeyFileException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }
}
