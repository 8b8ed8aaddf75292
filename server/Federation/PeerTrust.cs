using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;

namespace QuicProChat.Mesh.Server.Federation;

/// <summary>Another server at the other end of a connection.</summary>
/// <param name="Certificate">What it showed.</param>
/// <param name="Domains">The domains that it speaks for, in order; at least one.</param>
internal sealed record Peer(X509Certificate2 Certificate, IReadOnlyList<string> Domains);

/// <summary>
/// Decides which domains a certificate speaks for: the names in it (SAN) that the operator named with this key, or that
/// an authority stands for.
/// </summary>
internal sealed class PeerTrust(FederationOptions options)
{
    // Arbitrary.
    private const int MaxNames = 16;
    private const int MaxRemembered = 1024;

    // Those of handshakes, by SHA-256 of the certificate: a request shows its certificate without what came with it.
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _accepted = new(StringComparer.Ordinal);

    /// <summary>The names of hosts in a certificate that are domains, in lower case; none if it has too many.</summary>
    internal static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        try
        {
            string[] names = [.. (certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault()
                ?.EnumerateDnsNames() ?? []).Take(MaxNames + 1).Select(n => n.ToLowerInvariant()).Distinct()
                .Where(n => ServerDomain.IsValid(n)).Order(StringComparer.Ordinal)];
            return names.Length > MaxNames ? [] : names;
        }
        catch (CryptographicException)
        {
            // The extension is damaged.
            return [];
        }
    }

    /// <summary>The domains that a certificate speaks for; empty where this server does not speak with it.</summary>
    /// <param name="certificate">What was shown.</param>
    /// <param name="sent">What came with it.</param>
    internal IReadOnlyList<string> DomainsOf(X509Certificate2 certificate, X509Chain? sent)
    {
        Lazy<bool> isOfAuthority = new(() => IsOfAuthority(certificate, sent));
        string key = ServerTrust.Fingerprint(certificate);
        return [.. NamesOf(certificate).Where(name => name != options.Domain
            && (options.Peers.TryGetValue(name, out NamedPeer? named)
                ? named.Key is { } pinned ? pinned == key : isOfAuthority.Value
                : options.Mode == FederationMode.Open && isOfAuthority.Value))];
    }

    /// <summary>Decides about a handshake, and remembers what was accepted.</summary>
    internal bool Accept(X509Certificate2 certificate, X509Chain? sent)
    {
        IReadOnlyList<string> domains = DomainsOf(certificate, sent);
        if (domains.Count == 0)
            return false;
        // One that is forgotten connects again.
        if (_accepted.Count >= MaxRemembered)
            _accepted.Clear();
        _accepted[NameOf(certificate)] = domains;
        return true;
    }

    /// <summary>Whoever showed a certificate that was accepted; null if none was.</summary>
    internal Peer? Find(X509Certificate2 certificate) =>
        _accepted.TryGetValue(NameOf(certificate), out IReadOnlyList<string>? domains)
            ? new Peer(certificate, domains) : null;

    private static string NameOf(X509Certificate2 certificate) =>
        certificate.GetCertHashString(HashAlgorithmName.SHA256);

    private bool IsOfAuthority(X509Certificate2 certificate, X509Chain? sent)
    {
        if (options.Authorities is not { } authorities)
            return false;
        using X509Chain chain = new();
        if (authorities.Count > 0)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        // Nothing is fetched from where a stranger's certificate says.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        foreach (X509ChainElement element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(certificate);
    }
}
