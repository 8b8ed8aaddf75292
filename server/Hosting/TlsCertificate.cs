using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>The server's certificate: the operator's, or one of its own making with a key that stays.</summary>
internal static class TlsCertificate
{
    /// <summary>The file of the self-signed one in the data directory.</summary>
    internal const string FileName = "tls.pem";

    // Clients pin the key, not the dates; some want dates all the same.
    private static readonly DateTimeOffset NotBefore = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset NotAfter = new(2099, 12, 31, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Reads a certificate with its chain and key.</summary>
    /// <param name="certificate">PEM, the server's first.</param>
    /// <param name="key">PEM; the same file if null.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal static X509Certificate2 Read(string certificate, string? key)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key ?? certificate);
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{certificate}: no certificate with its key in PEM: {FaultText.Of(e)}", e);
        }
    }

    /// <summary>The self-signed certificate of a data directory; made where there is none.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="hosts">Names and addresses for a certificate that is made now.</param>
    /// <param name="file">The name of its file.</param>
    internal static X509Certificate2 OpenOwn(string directory, IEnumerable<string> hosts, string file = FileName)
    {
        string path = Path.Combine(directory, file);
        if (!File.Exists(path))
            Make(path, hosts);
        PrivateFile.RequirePrivate(path);
        return Read(path, key: null);
    }

    private static void Make(string path, IEnumerable<string> hosts)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(new X500DistinguishedName("CN=qpc-server"), key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        foreach (string host in hosts)
        {
            if (IPAddress.TryParse(host, out IPAddress? address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        using X509Certificate2 certificate = request.CreateSelfSigned(NotBefore, NotAfter);
        PrivateFile.Write(
            path, Encoding.ASCII.GetBytes($"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n"));
    }
}
