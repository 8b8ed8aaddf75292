using System.Buffers.Binary;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// The outermost layer of an X.509 certificate (RFC 5280, section 4.1):
/// <code>
/// Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE, signatureValue BIT STRING }
/// </code>
/// The framework does not give out what was signed and the signature.
/// </summary>
internal static class DerCertificate
{
    private const byte Sequence = 0x30;
    private const byte BitString = 0x03;

    // ecdsa-with-SHA256 without parameters (RFC 5758, section 3.2).
    private static ReadOnlySpan<byte> EcdsaWithSha256 =>
        [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

    /// <summary>
    /// Splits a certificate signed with ECDSA and SHA-256 into the bytes that were signed (tag and length included) and
    /// the signature.
    /// </summary>
    internal static bool TrySplit(
        ReadOnlySpan<byte> certificate, out ReadOnlySpan<byte> signed, out ReadOnlySpan<byte> signature)
    {
        signed = default;
        signature = default;
        if (!TryMeasure(certificate, Sequence, out int header, out int length) || header + length != certificate.Length)
            return false;
        ReadOnlySpan<byte> body = certificate[header..];
        if (!TryMeasure(body, Sequence, out header, out length))
            return false;
        signed = body[..(header + length)];
        body = body[signed.Length..];
        if (!body.StartsWith(EcdsaWithSha256))
            return false;
        body = body[EcdsaWithSha256.Length..];
        if (!TryMeasure(body, BitString, out header, out length) || header + length != body.Length
            || length == 0 || body[header] != 0)
            return false;
        signature = body[(header + 1)..];
        return true;
    }

    /// <summary>Measures the element that begins here, with a length of up to 65,535 (X.690, section 8.1.3).</summary>
    private static bool TryMeasure(ReadOnlySpan<byte> bytes, byte tag, out int header, out int length)
    {
        header = 2;
        length = 0;
        if (bytes.Length < 2 || bytes[0] != tag)
            return false;
        length = bytes[1];
        switch (length)
        {
            case 0x81 when bytes.Length >= 3:
                header = 3;
                length = bytes[2];
                break;
            case 0x82 when bytes.Length >= 4:
                header = 4;
                length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
                break;
            case >= 0x80:
                return false;
        }

        return length <= bytes.Length - header;
    }
}
