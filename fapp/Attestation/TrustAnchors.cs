using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>
/// The authorities that issue cards, from a file of PEM certificates that the operator replaces. An authority in the
/// file is trusted itself: a card's issuer has to be there, and no further path is built or fetched.
/// </summary>
public sealed class TrustAnchors
{
    /// <summary>Most authorities; arbitrary: there are about forty.</summary>
    public const int MaxAuthorities = 256;

    /// <summary>Most bytes of the file.</summary>
    public const int MaxFile = 1 << 20;

    private readonly List<CardCertificate> _authorities;
    private readonly Func<X509Certificate2, bool> _isSupported;

    private TrustAnchors(List<CardCertificate> authorities, Func<X509Certificate2, bool> isSupported)
    {
        _authorities = authorities;
        _isSupported = isSupported;
    }

    /// <summary>None: every certificate's issuer is unknown.</summary>
    public static TrustAnchors None { get; } = new([], EllipticKey.IsSupported);

    /// <summary>How many authorities there are.</summary>
    public int Count => _authorities.Count;

    /// <summary>Reads the operator's file.</summary>
    /// <param name="pem">Certificates in PEM; other text between them is passed over.</param>
    /// <param name="anchors">The authorities.</param>
    /// <param name="fault">What is wrong with the file, and where.</param>
    public static bool TryLoad(
        string pem, [NotNullWhen(true)] out TrustAnchors? anchors, [NotNullWhen(false)] out string? fault) =>
        TryLoad(pem, EllipticKey.IsSupported, out anchors, out fault);

    internal static bool TryLoad(
        string pem, Func<X509Certificate2, bool> isSupported,
        [NotNullWhen(true)] out TrustAnchors? anchors, [NotNullWhen(false)] out string? fault)
    {
        anchors = null;
        fault = pem.Length > MaxFile ? $"the file of trust anchors has more than {MaxFile} bytes" : null;
        var authorities = new List<CardCertificate>();
        // Files that were put together may lack the line feed between two certificates.
        ReadOnlySpan<char> rest = pem.Replace("----------", "-----\n-----", StringComparison.Ordinal);
        int begun = rest.Count("-----BEGIN ");
        while (fault is null && PemEncoding.TryFind(rest, out PemFields block))
        {
            int number = authorities.Count + 1;
            CardCertificate? authority = ReadBlock(rest, block);
            if (authority is null)
                fault = $"certificate {number} of the trust anchors cannot be read";
            else if (!authority.IsAuthority || !authority.Usage.HasFlag(X509KeyUsageFlags.KeyCertSign))
                fault = $"certificate {number} of the trust anchors is not that of an authority";
            else if (number > MaxAuthorities)
                fault = $"there are more than {MaxAuthorities} trust anchors";
            else
                authorities.Add(authority);
            rest = rest[block.Location.End..];
        }

        if (fault is null && authorities.Count == 0)
            fault = "the file of trust anchors has no certificate in PEM";
        if (fault is null && authorities.Count != begun)
            fault = $"the file of trust anchors begins {begun} certificates, of which {authorities.Count} can be read";
        anchors = fault is null ? new TrustAnchors(authorities, isSupported) : null;
        return anchors is not null;
    }

    /// <summary>Judges a card's certificate apart from the time.</summary>
    /// <param name="card">The certificate.</param>
    /// <param name="blocked">What the operator blocks.</param>
    /// <param name="issuer">Who issued it; null where nobody known did.</param>
    /// <returns>What is wrong with it; <see cref="AttestationFault.None"/> if nothing.</returns>
    internal AttestationFault Judge(CardCertificate card, BlockList blocked, out CardCertificate? issuer)
    {
        issuer = null;
        AttestationFault fault = CardRules.Judge(card);
        foreach (CardCertificate authority in _authorities)
        {
            if (!authority.Subject.SequenceEqual(card.Issuer))
                continue;
            if (HashOf(card.Algorithm) is not { } hash || !_isSupported(authority.Platform)
                || !_isSupported(card.Platform))
                return AttestationFault.NoAlgorithm;
            if (!EllipticKey.Verify(authority.Platform, card.Signed.Span, card.Signature, hash))
            {
                // Another authority may have the same name: keys are renewed.
                issuer ??= authority;
                continue;
            }

            issuer = authority;
            return fault != AttestationFault.None ? fault
                : blocked.Has(card, authority) ? AttestationFault.Blocked : AttestationFault.None;
        }

        return issuer is null ? AttestationFault.UnknownIssuer : AttestationFault.CertificateSignature;
    }

    private static HashAlgorithmName? HashOf(string algorithm) => algorithm switch
    {
        ObjectIds.EcdsaSha256 => HashAlgorithmName.SHA256,
        ObjectIds.EcdsaSha384 => HashAlgorithmName.SHA384,
        ObjectIds.EcdsaSha512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static CardCertificate? ReadBlock(ReadOnlySpan<char> text, PemFields block)
    {
        byte[] der = new byte[block.DecodedDataLength];
        return text[block.Label] is "CERTIFICATE"
            && Convert.TryFromBase64Chars(text[block.Base64Data], der, out int length)
            ? CardCertificate.TryRead(der.AsSpan(0, length)) : null;
    }
}
