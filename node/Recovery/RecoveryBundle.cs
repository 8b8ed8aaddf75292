using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Recovery;

// docs/reference/recovery.md, section 2:
//
//  sealed  = version 1 = 1 | nonce 24 | XChaCha20-Poly1305(key, nonce, version | id, content)
//  content = seed 32 | accounts 1 { size 4, account } | size 4, contacts | zeros to a multiple of 4,096
//
/// <summary>
/// What somebody needs to come back after a total loss: the identity, the accounts with their sessions, and contacts.
/// No key of a conversation is in it: a copy of such a key could be used twice.
/// </summary>
/// <param name="Identity">Who it is.</param>
/// <param name="Accounts">Where it has accounts; their sessions are in them.</param>
/// <param name="Contacts">Names, cards and compared numbers, and who is blocked.</param>
internal sealed record RecoveryBundle(
    LocalIdentity Identity, IReadOnlyList<AccountRecord> Accounts, BackupContent Contacts)
{
    /// <summary>Bytes of a sealed bundle at most: what a server takes.</summary>
    internal const int MaxSize = 256 * 1024;

    /// <summary>Bytes of an id.</summary>
    internal const int IdSize = 32;

    private const byte Version = 1;
    private const int Padding = 4096;
    private const int HeadSize = 1 + XChaChaPoly.NonceSize;
    private const int MaxAccounts = 64;

    /// <summary>What the server is asked for: derived from the code, and as good as it.</summary>
    internal static byte[] IdOf(RecoveryCode code)
    {
        byte[] id = new byte[IdSize];
        code.Derive("bundle id"u8, id);
        return id;
    }

    /// <summary>Seals it.</summary>
    internal byte[] Seal(RecoveryCode code, RandomFill random)
    {
        byte[] content = Write();
        Span<byte> key = stackalloc byte[XChaChaPoly.KeySize];
        try
        {
            code.Derive("bundle key"u8, key);
            byte[] bundle = new byte[HeadSize + content.Length + XChaChaPoly.TagSize];
            bundle[0] = Version;
            Span<byte> nonce = bundle.AsSpan(1, XChaChaPoly.NonceSize);
            random(nonce);
            XChaChaPoly.Seal(key, nonce, [Version, .. IdOf(code)], content, bundle.AsSpan(HeadSize));
            return bundle;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Opens one; the error is one sentence.</summary>
    internal static bool TryOpen(
        RecoveryCode code, ReadOnlySpan<byte> bundle, [NotNullWhen(true)] out RecoveryBundle? opened,
        [NotNullWhen(false)] out string? error)
    {
        opened = null;
        if (bundle.Length is < HeadSize + XChaChaPoly.TagSize or > MaxSize)
        {
            error = "The recovery bundle has a size that none has.";
            return false;
        }

        if (bundle[0] != Version)
        {
            error = "The recovery bundle is of another version of this program.";
            return false;
        }

        byte[] content = new byte[bundle.Length - HeadSize - XChaChaPoly.TagSize];
        Span<byte> key = stackalloc byte[XChaChaPoly.KeySize];
        try
        {
            code.Derive("bundle key"u8, key);
            bool isGenuine = XChaChaPoly.TryOpen(
                key, bundle.Slice(1, XChaChaPoly.NonceSize), [Version, .. IdOf(code)], bundle[HeadSize..], content);
            if (!isGenuine)
            {
                error = "The recovery bundle does not open: it was altered, or is another code's.";
                return false;
            }

            opened = Read(content);
            if (opened is null)
            {
                error = "The recovery bundle is of another version of this program.";
                return false;
            }

            error = null;
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private byte[] Write()
    {
        byte[][] accounts = [.. Accounts.Select(a => a.ToBytes())];
        byte[] contacts = BackupJson.Write(Contacts);
        int size = Ed25519.SeedSize + 1 + accounts.Sum(a => sizeof(int) + a.Length) + sizeof(int) + contacts.Length;
        // As large as it gets from the start: what grows leaves copies of secrets behind.
        byte[] content = new byte[(size + Padding - 1) / Padding * Padding];
        Identity.ExportSeed(content.AsSpan(0, Ed25519.SeedSize));
        content[Ed25519.SeedSize] = (byte)accounts.Length;
        Span<byte> rest = content.AsSpan(Ed25519.SeedSize + 1);
        foreach (byte[] account in accounts)
        {
            WriteSized(ref rest, account);
            CryptographicOperations.ZeroMemory(account);
        }

        WriteSized(ref rest, contacts);
        return content;
    }

    private static RecoveryBundle? Read(ReadOnlySpan<byte> content)
    {
        ReadOnlySpan<byte> rest = content;
        if (rest.Length <= Ed25519.SeedSize)
            return null;
        ReadOnlySpan<byte> seed = rest[..Ed25519.SeedSize];
        int count = rest[Ed25519.SeedSize];
        rest = rest[(Ed25519.SeedSize + 1)..];
        if (count > MaxAccounts)
            return null;
        List<AccountRecord> accounts = [];
        for (int i = 0; i < count; i++)
        {
            if (!TryTake(ref rest, out ReadOnlySpan<byte> bytes) || AccountRecord.Read(bytes) is not { } account)
                return null;
            accounts.Add(account);
        }

        return TryTake(ref rest, out ReadOnlySpan<byte> json) && !rest.ContainsAnyExcept((byte)0)
            && BackupJson.Read(json.ToArray()) is { } contacts
            ? new RecoveryBundle(LocalIdentity.FromSeed(seed), accounts, contacts) : null;
    }

    private static void WriteSized(ref Span<byte> rest, ReadOnlySpan<byte> bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(rest, bytes.Length);
        bytes.CopyTo(rest[sizeof(int)..]);
        rest = rest[(sizeof(int) + bytes.Length)..];
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!BinaryPrimitives.TryReadInt32BigEndian(rest, out int size) || size < 0 || size > rest.Length - sizeof(int))
            return false;
        bytes = rest.Slice(sizeof(int), size);
        rest = rest[(sizeof(int) + size)..];
        return true;
    }
}
