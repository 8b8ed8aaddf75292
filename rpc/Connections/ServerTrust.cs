using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Rpc.Connections;

/// <summary>
/// Decides whether a certificate is the server's. The fingerprint is SHA-256 of the certificate's public key
/// (SubjectPublicKeyInfo), so that a certificate that is renewed with its key stays trusted.
/// </summary>
public sealed class ServerTrust
{
    private readonly X509Certificate2Collection? _authorities;
    private readonly PinFile? _pins;
    private readonly string _server;
    private string? _fingerprint;

    private string Remedy { get; init; } = "";

    private ServerTrust(X509Certificate2Collection? authorities, PinFile? pins, string server, string? fingerprint) =>
        (_authorities, _pins, _server, _fingerprint) = (authorities, pins, server, fingerprint);

    /// <summary>
    /// The fingerprint of the key that is trusted; null where none was seen yet, or certificates are.
    /// </summary>
    public string? TrustedKey => _fingerprint;

    /// <summary>Trusts one key.</summary>
    /// <param name="fingerprint">64 hexadecimal digits.</param>
    /// <param name="remedy">What whoever is told of another key can do, to end a sentence; empty for the usual.</param>
    public static ServerTrust Key(string fingerprint, string remedy = "") =>
        new(null, null, "", fingerprint.ToLowerInvariant()) { Remedy = remedy };

    /// <summary>
    /// Trusts the key that is seen first, and from then on no other; whoever asked keeps <see cref="TrustedKey"/>.
    /// </summary>
    public static ServerTrust FirstSeen() => new(null, null, "", null);

    /// <summary>Trusts the key that was seen first, and from then on no other.</summary>
    /// <param name="pins">Where it is remembered.</param>
    /// <param name="server">Under which name.</param>
    public static ServerTrust FirstUse(PinFile pins, string server) => new(null, pins, server, null);

    /// <summary>Trusts certificates of authorities for the server's name.</summary>
    /// <param name="authorities">Their certificates; empty for the system's.</param>
    public static ServerTrust Authority(X509Certificate2Collection authorities) => new(authorities, null, "", null);

    /// <summary>The fingerprint of a certificate: 64 hexadecimal digits.</summary>
    public static string Fingerprint(X509Certificate2 certificate) =>
        Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    internal Check Begin(string host) => new(this, host);

    /// <summary>The decision for one handshake, and why it was a refusal.</summary>
    internal sealed class Check(ServerTrust trust, string host)
    {
        /// <summary>Why the certificate was refused; null if it was not.</summary>
        internal string? Refusal { get; private set; }

        internal bool Accepts(X509Certificate? presented, X509Chain? chain, SslPolicyErrors errors)
        {
            Refusal = presented is X509Certificate2 certificate ? Judge(certificate, chain, errors)
                : "the server shows no certificate";
            return Refusal is null;
        }

        private string? Judge(X509Certificate2 certificate, X509Chain? sent, SslPolicyErrors errors)
        {
            if (trust._authorities is { } authorities)
                return JudgeChain(certificate, sent, errors, authorities);
            string seen = Fingerprint(certificate);
            string? expected = trust._fingerprint ?? trust._pins?.Find(trust._server);
            if (expected is null)
            {
                if (trust._pins is { } pins)
                    pins.Add(trust._server, seen);
                else
                    trust._fingerprint = seen;
                return null;
            }

            string remedy = trust.Remedy.Length > 0 ? trust.Remedy
                : $"remove the line of {(trust._server.Length > 0 ? trust._server : host)} from "
                    + $"{trust._pins?.Path ?? "your settings"}.";
            return expected == seen ? null
                : $"the server's key is not the one that was trusted. Expected {expected}, seen {seen}. If its "
                    + $"operator says that it was replaced, {remedy}";
        }

        private static string? JudgeChain(
            X509Certificate2 certificate, X509Chain? sent, SslPolicyErrors errors,
            X509Certificate2Collection authorities)
        {
            if (authorities.Count == 0)
                return errors == SslPolicyErrors.None ? null
                    : $"the certificate is not trusted by this system ({errors})";
            if ((errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
                return $"the certificate is not for this name ({errors})";
            using X509Chain chain = new();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            foreach (X509ChainElement element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            return chain.Build(certificate) ? null
                : $"the certificate is not one of the given authority ({chain.ChainStatus[0].Status})";
        }
    }
}
