using System.Formats.Asn1;
using System.Security.Cryptography.Pkcs;
using System.Security.Cryptography.X509Certificates;

namespace QuicProChat.Mesh.Fapp.Attestation;

// RFC 5652, section 5. A record carries the SignerInfo alone; the rest follows from it, the statement and the
// certificate:
//
//  ContentInfo ::= SEQUENCE { signedData, [0] SignedData }
// SignedData  ::= SEQUENCE { version 1, digestAlgorithms SET, encapContentInfo { data }, [0] certificates, signerInfos
// SET }

/// <summary>A card's signature on a statement: the SignerInfo of a CMS or CAdES message.</summary>
internal static class CardSignature
{
    /// <summary>Most bytes of a SignerInfo; cards' software makes about 420.</summary>
    internal const int MaxSize = 2048;

    private static readonly Asn1Tag Explicit0 = new(TagClass.ContextSpecific, 0);

    /// <summary>Tells whether a SignerInfo is this certificate's signature on this content.</summary>
    /// <param name="signerInfo">In DER, without unsigned attributes.</param>
    /// <param name="certificate">Who signed.</param>
    /// <param name="content">What was signed.</param>
    internal static bool Verify(ReadOnlySpan<byte> signerInfo, X509Certificate2 certificate, byte[] content)
    {
        if (!DerShape.IsPlausible(signerInfo, MaxSize))
            return false;
        try
        {
            var message = new SignedCms(new ContentInfo(content), detached: true);
            message.Decode(Wrap(signerInfo, certificate.RawDataMemory.Span));
            if (message.SignerInfos.Count != 1)
                return false;
            SignerInfo signer = message.SignerInfos[0];
            if (signer.UnsignedAttributes.Count != 0 || signer.SignedAttributes.Count == 0
                || signer.DigestAlgorithm.Value is not (ObjectIds.Sha256 or ObjectIds.Sha384 or ObjectIds.Sha512)
                || signer.Certificate is not { } named
                || !named.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span))
                return false;
            signer.CheckSignature(verifySignatureOnly: true);
            return true;
        }
        catch (Exception fault) when (PlatformFaults.IsAboutData(fault))
        {
            return false;
        }
    }

    private static byte[] Wrap(ReadOnlySpan<byte> signerInfo, ReadOnlySpan<byte> certificate)
    {
        AsnReader fields = new AsnReader(signerInfo.ToArray(), AsnEncodingRules.DER).ReadSequence();
        fields.ReadInteger();
        fields.ReadEncodedValue();
        ReadOnlySpan<byte> digestAlgorithm = fields.ReadEncodedValue().Span;

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(ObjectIds.SignedData);
            using (writer.PushSequence(Explicit0))
            using (writer.PushSequence())
            {
                writer.WriteInteger(1);
                using (writer.PushSetOf())
                    writer.WriteEncodedValue(digestAlgorithm);
                using (writer.PushSequence())
                    writer.WriteObjectIdentifier(ObjectIds.Data);
                using (writer.PushSetOf(Explicit0))
                    writer.WriteEncodedValue(certificate);
                using (writer.PushSetOf())
                    writer.WriteEncodedValue(signerInfo);
            }
        }

        return writer.Encode();
    }
}
