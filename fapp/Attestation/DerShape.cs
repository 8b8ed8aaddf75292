using System.Formats.Asn1;

namespace QuicProChat.Mesh.Fapp.Attestation;

/// <summary>
/// The first look at DER from strangers: whether it is one element, of definite lengths that fit into each other, and
/// neither deep nor of many parts. It allocates nothing and throws nothing; what passes is small enough for the
/// platform's own parsers.
/// </summary>
internal static class DerShape
{
    // What cards make has a depth of 9 and about 150 elements; the bounds are arbitrary.
    private const int MaxDepth = 16, MaxElements = 600;

    internal static bool IsPlausible(ReadOnlySpan<byte> der, int maxSize)
    {
        int elements = 0;
        return der.Length <= maxSize && Walk(der, depth: 0, ref elements, single: true);
    }

    private static bool Walk(ReadOnlySpan<byte> bytes, int depth, ref int elements, bool single)
    {
        if (depth > MaxDepth)
            return false;
        while (!bytes.IsEmpty)
        {
            if (++elements > MaxElements || !AsnDecoder.TryReadEncodedValue(
                    bytes, AsnEncodingRules.DER, out Asn1Tag tag, out int offset, out int length, out int consumed)
                || (tag.IsConstructed && !Walk(bytes.Slice(offset, length), depth + 1, ref elements, single: false)))
                return false;
            bytes = bytes[consumed..];
            if (single)
                return bytes.IsEmpty;
        }

        return !single;
    }
}
