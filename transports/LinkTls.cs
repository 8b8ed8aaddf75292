using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// TLS 1.3 with mutual authentication (docs/reference/protocol.md, section 3.1) for one connection: the options for
/// either side and, after the handshake, whom it proved or why it failed. TLS itself accepts every certificate, so that
/// whoever is refused can be told why over the connection; nothing else may be done with one whose
/// <see cref="Failure"/> is set.
/// </summary>
internal sealed class LinkTls(OwnCertificate own, NodeAddress? pinned)
{
    /// <summary>The ALPN identifier (RFC 7301) of these links.</summary>
    internal static readonly SslApplicationProtocol Protocol = new("qpc-mesh/1");

    /// <summary>The certificate that we present.</summary>
    internal OwnCertificate Own { get; } = own;

    /// <summary>Whom the handshake proved; null before and after a failure.</summary>
    internal VerifiedPeer? Peer { get; private set; }

    /// <summary>Why the peer is refused.</summary>
    internal LinkEnd? Failure { get; private set; }

    internal SslClientAuthenticationOptions Client() => new()
    {
        // No server name: the peer is known by its key (libp2p TLS specification, "Future Extensibility").
        TargetHost = "",
        ApplicationProtocols = [Protocol],
        EnabledSslProtocols = SslProtocols.Tls13,
        ClientCertificateContext = Own.Context,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = Validate,
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    internal SslServerAuthenticationOptions Server() => new()
    {
        ApplicationProtocols = [Protocol],
        EnabledSslProtocols = SslProtocols.Tls13,
        ServerCertificateContext = Own.Context,
        ClientCertificateRequired = true,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = Validate,
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    // What the framework thinks of the chain is ignored; with no downloads and no roots it does not take long to think.
    private static X509ChainPolicy ChainPolicy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
        VerificationFlags = X509VerificationFlags.AllFlags,
    };

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (!LinkCertificate.TryVerify(certificate as X509Certificate2, out VerifiedPeer? peer, out string? error))
            Failure = new LinkEnd(LinkEndCode.Authentication, Detail: error);
        else if (pinned is { } expected && peer.Address != expected)
            Failure = new LinkEnd(LinkEndCode.WrongAddress, Detail: $"{peer.Address} answers there, not {expected}");
        else
            Peer = peer;
        return true;
    }
}
