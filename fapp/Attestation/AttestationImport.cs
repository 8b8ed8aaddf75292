using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using System.Text;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>
/// Takes what a card's software made of a statement (a CMS or CAdES message, with the text in it or beside it; DER,
/// BER, PEM or Base64) apart into the claim that goes into a record.
/// </summary>
public static class AttestationImport
{
    /// <summary>Most bytes of a file; what cards' software makes has two to ten thousand.</summary>
    public const int MaxFile = 256 << 10;

    /// <summary>Days before today on which the statement may have been written.</summary>
    private const int MaxAge = 90;

    /// <summary>Reads a signed statement about a key.</summary>
    /// <param name="file">The file as it is.</param>
    /// <param name="kind">What the statement should say.</param>
    /// <param name="key">The key that it should name.</param>
    /// <param name="today">Today, in days since 1970-01-01 UTC.</param>
    /// <param name="anchors">Who issues cards: what others would refuse is refused here, with the reason.</param>
    /// <param name="blocked">Which cards count for nothing.</param>
    /// <param name="fault">Why it is refused, in one sentence; null if it is not.</param>
    /// <returns>The claim; null if it is refused.</returns>
    public static Claim? Read(
        ReadOnlySpan<byte> file, StatementKind kind, MeshKey key, ushort today, TrustAnchors anchors, BlockList blocked,
        out string? fault)
    {
        if (file.Length > MaxFile)
        {
            fault = $"the file has more than {MaxFile} bytes: it is no signed statement";
            return null;
        }

        try
        {
            return Take(Unwrap(file), kind, key, today, anchors, blocked, out fault);
        }
        catch (Exception problem) when (PlatformFaults.IsAboutData(problem))
        {
            fault = "the file is no CMS or CAdES message with one signature (.p7s, .p7m): " + problem.Message;
            return null;
        }
    }

    private static Claim? Take(
        byte[] message, StatementKind kind, MeshKey key, ushort today, TrustAnchors anchors, BlockList blocked,
        out string? fault)
    {
        var cms = new SignedCms();
        cms.Decode(message);
        if (cms.SignerInfos.Count != 1)
        {
            fault = $"the message has {cms.SignerInfos.Count} signatures and not one";
            return null;
        }

        if (cms.SignerInfos[0].Certificate is not { } signer)
        {
            fault = "the message lacks the card's certificate: let the card's software put it in";
            return null;
        }

        byte[]? digest = DigestOf(cms.SignerInfos[0]);
        if (FindStatement(cms.SignerInfos[0].DigestAlgorithm, digest, kind, key, today) is not { } statement)
        {
            fault = ExplainContent(cms.Detached ? [] : cms.ContentInfo.Content, key);
            return null;
        }

        var claim = new Claim
        {
            Subject = kind == StatementKind.Revoke ? key : null,
            From = statement.From,
            Until = statement.Until,
            Certificate = signer.RawData,
            SignerInfo = BareSigner(message),
        };
        AttestationFault judged = signer.RawData.Length > CardCertificate.MaxSize
            || claim.SignerInfo.Length > CardSignature.MaxSize
            ? AttestationFault.Malformed : new CardJudge(anchors, blocked).Judge(kind, claim, key, out _);
        fault = judged == AttestationFault.None ? null : judged.Describe();
        return judged == AttestationFault.None ? claim : null;
    }

    /// <summary>
    /// Which statement of the last days was signed: the digest tells, with the text in the message or not.
    /// </summary>
    private static Statement? FindStatement(
        Oid algorithm, byte[]? digest, StatementKind kind, MeshKey key, ushort today)
    {
        for (int age = -1; digest is not null && age <= MaxAge && age <= today; age++)
        {
            ushort day = (ushort)(today - age);
            Statement statement = kind == StatementKind.Attest ? Statement.Attest(key, day)
                : Statement.Revoke(key, day);
            byte[] text = statement.Encode();
            byte[]? hash = algorithm.Value switch
            {
                ObjectIds.Sha256 => SHA256.HashData(text),
                ObjectIds.Sha384 => SHA384.HashData(text),
                ObjectIds.Sha512 => SHA512.HashData(text),
                _ => null,
            };
            if (digest.AsSpan().SequenceEqual(hash))
                return statement;
        }

        return null;
    }

    private static byte[]? DigestOf(SignerInfo signer)
    {
        foreach (CryptographicAttributeObject attribute in signer.SignedAttributes)
        {
            if (attribute.Oid.Value == ObjectIds.MessageDigest && attribute.Values.Count == 1)
                return AsnDecoder.ReadOctetString(attribute.Values[0].RawData, AsnEncodingRules.DER, out _);
        }

        return null;
    }

    private static string ExplainContent(ReadOnlySpan<byte> content, MeshKey key)
    {
        string text = Encoding.UTF8.GetString(content);
        if (text.Contains('\r'))
            return "the card's software changed the text's line endings: sign the file as it is, as binary data";
        return text.Contains("Schluessel (key): ", StringComparison.Ordinal)
            && !text.Contains(key.ToString(), StringComparison.Ordinal)
            ? "the statement names another key than this node's: write a new one here, and sign that"
            : $"what was signed is no statement that this node wrote within the last {MaxAge} days: write a new one, "
                + "and sign the "
                + "file unchanged";
    }

    // RFC 5652, section 5.3: the SignerInfo without its unsigned attributes (timestamps), which [1] are.
    private static byte[] BareSigner(byte[] message)
    {
        AsnReader contentInfo = new AsnReader(message, AsnEncodingRules.BER).ReadSequence();
        contentInfo.ReadObjectIdentifier();
        AsnReader signedData = contentInfo.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
        while (!signedData.PeekTag().HasSameClassAndValue(Asn1Tag.SetOf))
            signedData.ReadEncodedValue();
        signedData.ReadEncodedValue();
        while (!signedData.PeekTag().HasSameClassAndValue(Asn1Tag.SetOf))
            signedData.ReadEncodedValue();
        AsnReader signer = signedData.ReadSetOf(skipSortOrderValidation: true).ReadSequence();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            while (signer.HasData)
            {
                ReadOnlyMemory<byte> field = signer.PeekEncodedValue();
                if (!signer.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 1)))
                    writer.WriteEncodedValue(field.Span);
                signer.ReadEncodedValue();
            }
        }

        return writer.Encode();
    }

    private static byte[] Unwrap(ReadOnlySpan<byte> file)
    {
        if (file.IsEmpty || file[0] == 0x30)
            return file.ToArray();
        string text = Encoding.ASCII.GetString(file);
        return PemEncoding.TryFind(text, out PemFields block)
            ? Convert.FromBase64String(text[block.Base64Data]) : Convert.FromBase64String(text.Trim());
    }
}
