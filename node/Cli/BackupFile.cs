using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// The file of <c>ctl backup</c>, three lines of text:
/// <code>
/// qpc-mesh backup 1
/// qpcsecret1...                       the identity under a passphrase (BackupString)
/// base64 of nonce(24) | box           the rest as JSON, XChaCha20-Poly1305
/// </code>
/// The key of the box derives from the identity, the first two lines are authenticated with it. The nonce is drawn
/// afresh for each file.
/// </summary>
internal static class BackupFile
{
    /// <summary>
    /// Larger files are refused; arbitrary, room for as many cards as a node takes and some ten thousand names.
    /// </summary>
    internal const int MaxBytes = 16 << 20;

    private const string FirstLine = "qpc-mesh backup 1";

    private static ReadOnlySpan<byte> Purpose => "qpc-mesh/1 backup file"u8;

    /// <summary>Makes the text of a file.</summary>
    internal static string Write(
        LocalIdentity identity, ReadOnlySpan<byte> passphrase, BackupContent content, RandomFill random,
        Argon2Cost? cost = null)
    {
        string head = FirstLine + "\n" + BackupString.Export(identity, passphrase, cost, random) + "\n";
        byte[] json = BackupJson.Write(content);
        byte[] sealedBytes = new byte[XChaChaPoly.NonceSize + json.Length + XChaChaPoly.TagSize];
        Span<byte> key = stackalloc byte[XChaChaPoly.KeySize];
        try
        {
            random(sealedBytes.AsSpan(0, XChaChaPoly.NonceSize));
            identity.DeriveKey(Purpose, key);
            XChaChaPoly.Seal(
                key, sealedBytes.AsSpan(0, XChaChaPoly.NonceSize), Encoding.ASCII.GetBytes(head), json,
                sealedBytes.AsSpan(XChaChaPoly.NonceSize));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }

        return head + Convert.ToBase64String(sealedBytes) + "\n";
    }

    /// <summary>The passphrase is needed; anything else is no backup, and <see cref="TryRead"/> says so.</summary>
    internal static bool NeedsPassphrase(string text) =>
        text.Split('\n') is [FirstLine, var secret, ..] && BackupString.NeedsPassphrase(secret);

    /// <summary>Reads a file; the error is one sentence that shows nothing of what is in it.</summary>
    internal static bool TryRead(
        string text, ReadOnlySpan<byte> passphrase, [NotNullWhen(true)] out LocalIdentity? identity,
        [NotNullWhen(true)] out BackupContent? content, [NotNullWhen(false)] out string? error)
    {
        identity = null;
        content = null;
        if (text.Split('\n') is not [FirstLine, var secret, var box, ""])
        {
            error = $"this is no backup file: one has three lines, and the first is '{FirstLine}'";
            return false;
        }

        if (!BackupString.TryImport(secret, passphrase, out LocalIdentity? opened, out error))
            return false;
        content = Open(opened, FirstLine + "\n" + secret + "\n", box);
        if (content is null)
        {
            opened.Dispose();
            error = "the contacts and groups of this backup are damaged; the identity alone is restored by: qpc-mesh "
                + "identity import, with its second line";
            return false;
        }

        identity = opened;
        return true;
    }

    private static BackupContent? Open(LocalIdentity identity, string head, string box)
    {
        byte[] bytes = new byte[box.Length];
        if (!Convert.TryFromBase64String(box, bytes, out int length) || length < XChaChaPoly.NonceSize
            + XChaChaPoly.TagSize)
            return null;
        // A last character may have bits to spare, which decoding passes over (RFC 4648, section 3.5): altered is
        // altered.
        if (Convert.ToBase64String(bytes.AsSpan(0, length)) != box)
            return null;
        byte[] json = new byte[length - XChaChaPoly.NonceSize - XChaChaPoly.TagSize];
        Span<byte> key = stackalloc byte[XChaChaPoly.KeySize];
        try
        {
            identity.DeriveKey(Purpose, key);
            return XChaChaPoly.TryOpen(
                key, bytes.AsSpan(0, XChaChaPoly.NonceSize), Encoding.ASCII.GetBytes(head),
                bytes.AsSpan(XChaChaPoly.NonceSize..length), json)
                ? BackupJson.Read(json)
                : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
