using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// An identity as text to print and keep, Bech32m with prefix <c>qpcsecret</c> over
/// <code>
/// version(1) = 01  seed(32)                 69 characters
/// version(1) = 02  passphrase box(69)      128 characters
/// </code>
/// Upper case is the same string and makes a smaller QR code.
/// </summary>
public static class BackupString
{
    /// <summary>The Bech32m prefix.</summary>
    public const string Prefix = "qpcsecret";

    private const byte PlainVersion = 1;
    private const byte PassphraseVersion = 2;

    /// <summary>Writes the backup string of an identity.</summary>
    /// <param name="identity">Whose.</param>
    /// <param name="passphrase">UTF-8; empty for a string that needs none.</param>
    /// <param name="cost">Cost of the passphrase; <see cref="Argon2Cost.Default"/> if null.</param>
    /// <param name="random">Source of the salt.</param>
    public static string Export(
        LocalIdentity identity, ReadOnlySpan<byte> passphrase = default, Argon2Cost? cost = null,
        RandomFill? random = null)
    {
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        Span<byte> data = stackalloc byte[1 + PassphraseBox.Size];
        try
        {
            identity.ExportSeed(seed);
            if (passphrase.IsEmpty)
            {
                data[0] = PlainVersion;
                seed.CopyTo(data[1..]);
                return Bech32m.Encode(Prefix, data[..(1 + Ed25519.SeedSize)]);
            }

            data[0] = PassphraseVersion;
            PassphraseBox.Seal(
                seed, passphrase, cost ?? Argon2Cost.Default, data[..1], random ?? RandomSource.System, data[1..]);
            return Bech32m.Encode(Prefix, data);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(data);
        }
    }

    /// <summary>Tells whether a text is a backup string that needs a passphrase; false for anything else.</summary>
    public static bool NeedsPassphrase(string text) =>
        TryDecode(text, out byte[]? data, out _) && data[0] == PassphraseVersion;

    /// <summary>
    /// Restores an identity; the error is one sentence that says what is wrong and never shows the secret.
    /// </summary>
    public static bool TryImport(
        string text, ReadOnlySpan<byte> passphrase, [NotNullWhen(true)] out LocalIdentity? identity,
        [NotNullWhen(false)] out string? error)
    {
        identity = null;
        if (!TryDecode(text, out byte[]? data, out error))
            return false;
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        try
        {
            switch (data[0])
            {
                case PlainVersion:
                    data.AsSpan(1).CopyTo(seed);
                    break;
                case PassphraseVersion when passphrase.IsEmpty:
                    error = "The backup string is protected by a passphrase.";
                    return false;
                case PassphraseVersion when !PassphraseBox.TryOpen(data.AsSpan(1), passphrase, data.AsSpan(0, 1), seed):
                    error = "The passphrase is not that of this backup string.";
                    return false;
            }

            identity = LocalIdentity.FromSeed(seed);
            error = null;
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(data);
        }
    }

    private static bool TryDecode(
        string text, [NotNullWhen(true)] out byte[]? data, [NotNullWhen(false)] out string? error)
    {
        if (!Bech32m.TryDecode(text.AsSpan().Trim(), Bech32m.MaxLongLength, out string? prefix, out data,
            out string? fault))
        {
            error = $"The backup string cannot be read: {fault}.";
            return false;
        }

        int expected = data.Length == 0 ? -1 : data[0] switch
        {
            PlainVersion => 1 + Ed25519.SeedSize,
            PassphraseVersion => 1 + PassphraseBox.Size,
            _ => -1,
        };
        error = prefix != Prefix ? $"This is not a backup string: it begins with '{prefix}1', not with '{Prefix}1'."
            : expected < 0 ? "The backup string was written by a newer version of this program."
            : data.Length != expected
            ? $"The backup string holds {data.Length} bytes, not {expected}: part of it is missing."
            : null;
        if (error is null)
            return true;
        CryptographicOperations.ZeroMemory(data);
        data = null;
        return false;
    }
}
