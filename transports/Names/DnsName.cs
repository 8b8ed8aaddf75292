using System.Text;

namespace QuicProChat.Mesh.Transports.Names;

/// <summary>
/// Names as they stand in DNS messages (RFC 1035, sections 3.1 and 4.1.4):
/// <code>
///   labels of length(1) bytes(length), then 0; or a pointer 11xxxxxx xxxxxxxx to where the rest stands
/// </code>
/// </summary>
internal static class DnsName
{
    /// <summary>Bytes of a name at most, lengths and the last 0 among them: RFC 1035, section 2.3.4.</summary>
    internal const int MaxSize = 255;

    /// <summary>Bytes of a label at most: RFC 1035, section 2.3.4.</summary>
    internal const int MaxLabel = 63;

    private const int PointerBits = 0xC0;

    /// <summary>Pointers within one name at most: real names have one or two. Arbitrary.</summary>
    private const int MaxPointers = 32;

    /// <summary>
    /// Reads a name: its labels with their lengths, and the last 0. Pointers lead backwards only, so that it ends.
    /// </summary>
    /// <param name="message">The whole message.</param>
    /// <param name="at">Where the name begins; then what stands behind it.</param>
    /// <param name="name">Room for <see cref="MaxSize"/> bytes.</param>
    /// <param name="size">How many of them the name has.</param>
    internal static bool TryRead(ReadOnlySpan<byte> message, ref int at, Span<byte> name, out int size)
    {
        size = 0;
        int from = at, end = -1, pointers = 0;
        while (from < message.Length)
        {
            int length = message[from];
            if ((length & PointerBits) == PointerBits)
            {
                if (from + 1 >= message.Length || ++pointers > MaxPointers)
                    return false;
                int to = (length & ~PointerBits) << 8 | message[from + 1];
                end = end < 0 ? from + 2 : end;
                if (to >= from)
                    return false;
                from = to;
                continue;
            }

            if ((length & PointerBits) != 0 || from + 1 + length > message.Length || size + 1 + length > name.Length)
                return false;
            name[size++] = (byte)length;
            message.Slice(from + 1, length).CopyTo(name[size..]);
            size += length;
            from += 1 + length;
            if (length > 0)
                continue;
            at = end < 0 ? from : end;
            return true;
        }

        return false;
    }

    /// <summary>
    /// Whether two names, or parts of them, are the same: ASCII letters of either size are (RFC 4343). No length of a
    /// label is an ASCII letter.
    /// </summary>
    internal static bool AreEqual(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (one.Length != other.Length)
            return false;
        for (int i = 0; i < one.Length; i++)
        {
            if (Small(one[i]) != Small(other[i]))
                return false;
        }

        return true;
    }

    /// <summary>A name of our own, written with dots.</summary>
    internal static byte[] Of(string text)
    {
        var name = new List<byte>(text.Length + 2);
        foreach (string label in text.Split('.'))
        {
            name.Add((byte)label.Length);
            name.AddRange(Encoding.ASCII.GetBytes(label));
        }

        name.Add(0);
        return [.. name];
    }

    private static int Small(byte character) => character is >= (byte)'A' and <= (byte)'Z' ? character | 0x20
        : character;
}
