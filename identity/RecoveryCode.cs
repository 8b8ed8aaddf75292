using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// What opens a recovery bundle: 160 drawn bits, as Bech32m (BIP-350) with prefix <c>qpcrec</c> in groups of five
/// characters. Whoever has stolen many bundles, and tries codes against all of them at once, still has more than 128
/// bits to guess. Keys come from it by HKDF-SHA256 (RFC 5869).
/// </summary>
public sealed class RecoveryCode : IDisposable
{
    /// <summary>Bytes that are drawn.</summary>
    public const int Size = 20;

    /// <summary>The Bech32m prefix.</summary>
    public const string Prefix = "qpcrec";

    private const int GroupSize = 5;

    private readonly byte[] _secret;

    private RecoveryCode(byte[] secret) => _secret = secret;

    private static ReadOnlySpan<byte> Salt => "qpc-mesh/1 recovery"u8;

    /// <summary>Draws a code.</summary>
    public static RecoveryCode Generate(RandomFill random)
    {
        byte[] secret = new byte[Size];
        random(secret);
        return new RecoveryCode(secret);
    }

    /// <summary>
    /// Reads a code as somebody typed it: in any case, with blanks and hyphens wherever they are. The error is one
    /// sentence that says what is wrong and never shows the code.
    /// </summary>
    public static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out RecoveryCode? code, [NotNullWhen(false)] out string? error)
    {
        code = null;
        // What is longer was not typed from a sheet of paper.
        char[] typed = new char[Math.Min(text.Length, Bech32m.MaxLength)];
        int length = 0;
        try
        {
            foreach (char c in text)
            {
                if (char.IsWhiteSpace(c) || c == '-')
                    continue;
                if (length == typed.Length)
                {
                    error = "The recovery code cannot be read: it is too long.";
                    return false;
                }

                typed[length++] = c;
            }

            if (!Bech32m.TryDecode(typed.AsSpan(0, length), out string? prefix, out byte[]? secret, out string? fault))
            {
                // A character that is named would be one of the code.
                error = fault.Contains("checksum does not match", StringComparison.Ordinal)
                    ? "The recovery code has a mistake: a character is mistyped, missing or too many."
                    : "This is no recovery code: it has characters that none has, or lacks some.";
                return false;
            }

            error = prefix != Prefix ? $"This is no recovery code: it does not begin with '{Prefix}1'."
                : secret.Length != Size ? "The recovery code is of another version of this program." : null;
            if (error is null)
            {
                code = new RecoveryCode(secret);
                return true;
            }

            CryptographicOperations.ZeroMemory(secret);
            return false;
        }
        finally
        {
            Array.Clear(typed);
        }
    }

    /// <summary>The code as people copy it. It is shown once, and kept nowhere.</summary>
    public string ToText()
    {
        string whole = Bech32m.Encode(Prefix, _secret);
        return string.Join(' ', whole.Chunk(GroupSize).Select(static g => new string(g)));
    }

    /// <summary>Derives a key, or something else that only whoever has the code knows.</summary>
    /// <param name="what">What it is for.</param>
    /// <param name="key">Receives it.</param>
    public void Derive(ReadOnlySpan<byte> what, Span<byte> key)
    {
        Span<byte> pseudorandom = stackalloc byte[SHA256.HashSizeInBytes];
        HKDF.Extract(HashAlgorithmName.SHA256, _secret, Salt, pseudorandom);
        HKDF.Expand(HashAlgorithmName.SHA256, pseudorandom, key, what);
        CryptographicOperations.ZeroMemory(pseudorandom);
    }

    /// <summary>Zeroes it.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(_secret);
}
