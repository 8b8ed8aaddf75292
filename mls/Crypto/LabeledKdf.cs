using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>LabeledExtract and LabeledExpand of RFC 9180, section 4.</summary>
internal static class LabeledKdf
{
    private const int StackLimit = 512;

    internal static void Extract(
        HashKind kind, ReadOnlySpan<byte> suite, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label,
        ReadOnlySpan<byte> ikm, Span<byte> prk)
    {
        int length = 7 + suite.Length + label.Length + ikm.Length;
        Span<byte> input = length <= StackLimit ? stackalloc byte[length] : new byte[length];
        Span<byte> rest = Prefix(input, suite, label);
        ikm.CopyTo(rest);

        // An absent salt is a string of zeros (RFC 5869, section 2.2), which HMAC pads to the same key as an empty one.
        Hashing.Hmac(kind, salt, input, prk);
        CryptographicOperations.ZeroMemory(input);
    }

    internal static void Expand(
        HashKind kind, ReadOnlySpan<byte> suite, ReadOnlySpan<byte> prk, ReadOnlySpan<byte> label,
        ReadOnlySpan<byte> info, Span<byte> output)
    {
        int length = 2 + 7 + suite.Length + label.Length + info.Length + 1;
        Span<byte> input = length <= StackLimit ? stackalloc byte[length] : new byte[length];
        input[0] = (byte)(output.Length >> 8);
        input[1] = (byte)output.Length;
        Span<byte> rest = Prefix(input[2..], suite, label);
        info.CopyTo(rest);
        Hashing.Expand(kind, prk, input, output);
    }

    private static Span<byte> Prefix(Span<byte> input, ReadOnlySpan<byte> suite, ReadOnlySpan<byte> label)
    {
        "HPKE-v1"u8.CopyTo(input);
        suite.CopyTo(input[7..]);
        label.CopyTo(input[(7 + suite.Length)..]);
        return input[(7 + suite.Length + label.Length)..];
    }
}
