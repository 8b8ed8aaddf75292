using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Server.Hosting;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>
/// What a server shows to other servers: a certificate for its domain, and the certificates between it and its
/// authority. It signs calls with its key.
/// </summary>
internal sealed class FederationCertificate : IDisposable
{
    /// <summary>The file of the self-signed one in the data directory.</summary>
    internal const string FileName = "federation.pem";

    private FederationCertificate(X509Certificate2 certificate, X509Certificate2Collection chain) =>
        (Certificate, Chain) = (certificate, chain);

    /// <summary>The certificate with its key.</summary>
    internal X509Certificate2 Certificate { get; }

    /// <summary>What stands between it and its authority.</summary>
    internal X509Certificate2Collection Chain { get; }

    /// <summary>Reads the operator's certificate, or the one of the data directory, which is made where there is
    /// none.</summary>
    /// <exception cref="IOException">It cannot be read, or is not one for the domain.</exception>
    internal static FederationCertificate Open(string directory, FederationOptions options)
    {
        string file = options.CertificateFile ?? Path.Combine(directory, FileName);
        X509Certificate2 certificate = options.CertificateFile is null
            ? TlsCertificate.OpenOwn(directory, [options.Domain], FileName)
            : TlsCertificate.Read(file, options.CertificateKeyFile);
        X509Certificate2Collection chain = [];
        try
        {
            if (!PeerTrust.NamesOf(certificate).Contains(options.Domain))
                throw new IOException(
                    $"{file} is no certificate for {options.Domain}: its names (SAN) have to have this one.");
            using RSA? rsa = certificate.GetRSAPublicKey();
            using ECDsa? curve = certificate.GetECDsaPublicKey();
            if (rsa is null && curve is null)
                throw new IOException($"{file}: the key is neither RSA nor of an elliptic curve (ECDSA).");
            X509Certificate2Collection all = [];
            all.ImportFromPemFile(file);
            foreach (X509Certificate2 other in all.Where(c => !c.Equals(certificate)))
                chain.Add(other);
            return new FederationCertificate(certificate, chain);
        }
        catch (CryptographicException e)
        {
            certificate.Dispose();
            throw new IOException($"{file}: {FaultText.Of(e)}", e);
        }
        catch
        {
            certificate.Dispose();
            throw;
        }
    }

    /// <summary>A certificate that stands alone.</summary>
    internal static FederationCertificate Of(X509Certificate2 certificate) => new(certificate, []);

    /// <summary>What a handshake shows.</summary>
    internal SslStreamCertificateContext ToContext() =>
        SslStreamCertificateContext.Create(Certificate, Chain, offline: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        foreach (X509Certificate2 certificate in Chain)
            certificate.Dispose();
    }
}
