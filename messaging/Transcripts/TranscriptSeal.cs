using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Transcripts;

// docs/reference/contacts.md, section 5:
//
//  head    "qpctrans"(8) version 01(1) memoryKiB(4) passes(1) salt(16)
//  record  size(4) box(size)            size: of the box

/// <summary>
/// The keys of one transcript, and the chain of its records. Key and the first half of the nonces are Argon2id
/// (RFC 9106) of passphrase and salt; the salt is drawn for each file, so the key belongs to it alone, and each box
/// counts on: no nonce serves twice. A box is XChaCha20-Poly1305 with the chain as associated data: SHA-256 over the
/// chain before and the record before. So a record opens only behind those that it was written behind.
/// </summary>
internal sealed class TranscriptSeal : IDisposable
{
    internal const int HeadSize = 8 + 1 + Argon2Cost.Size + Argon2id.SaltSize;

    private const byte Version = 1;
    private const int PrefixSize = XChaChaPoly.NonceSize - sizeof(long);

    private readonly byte[] _material = new byte[XChaChaPoly.KeySize + PrefixSize];
    private readonly byte[] _chain = new byte[SHA256.HashSizeInBytes];
    private long _count;

    private TranscriptSeal(ReadOnlySpan<byte> head, ReadOnlySpan<byte> passphrase, Argon2Cost cost)
    {
        Argon2id.Derive(passphrase, head[^Argon2id.SaltSize..], cost, _material);
        SHA256.HashData(head, _chain);
    }

    private static ReadOnlySpan<byte> Magic => "qpctrans"u8;

    /// <summary>Begins a file.</summary>
    internal static TranscriptSeal Begin(
        ReadOnlySpan<byte> passphrase, Argon2Cost cost, RandomFill random, Span<byte> head)
    {
        Magic.CopyTo(head);
        head[Magic.Length] = Version;
        cost.Write(head[(Magic.Length + 1)..]);
        random(head[^Argon2id.SaltSize..]);
        return new TranscriptSeal(head[..HeadSize], passphrase, cost);
    }

    /// <summary>Takes the head of a file; null if it is none, or its cost is beyond what a node computes.</summary>
    internal static TranscriptSeal? TryOpen(ReadOnlySpan<byte> head, ReadOnlySpan<byte> passphrase) =>
        head.Length == HeadSize && head.StartsWith(Magic) && head[Magic.Length] == Version
        && Argon2Cost.TryRead(head[(Magic.Length + 1)..], out Argon2Cost cost)
            ? new TranscriptSeal(head, passphrase, cost) : null;

    internal byte[] Seal(ReadOnlySpan<byte> record)
    {
        byte[] framed = new byte[sizeof(int) + record.Length + XChaChaPoly.TagSize];
        BinaryPrimitives.WriteInt32BigEndian(framed, record.Length + XChaChaPoly.TagSize);
        Span<byte> nonce = stackalloc byte[XChaChaPoly.NonceSize];
        NextNonce(nonce);
        XChaChaPoly.Seal(_material.AsSpan(0, XChaChaPoly.KeySize), nonce, _chain, record, framed.AsSpan(sizeof(int)));
        Chain(framed);
        return framed;
    }

    /// <summary>Opens a record with its size; null if it is not the one that was written here.</summary>
    internal byte[]? Open(ReadOnlySpan<byte> framed)
    {
        ReadOnlySpan<byte> box = framed[sizeof(int)..];
        if (box.Length < XChaChaPoly.TagSize)
            return null;
        byte[] record = new byte[box.Length - XChaChaPoly.TagSize];
        Span<byte> nonce = stackalloc byte[XChaChaPoly.NonceSize];
        NextNonce(nonce);
        if (!XChaChaPoly.TryOpen(_material.AsSpan(0, XChaChaPoly.KeySize), nonce, _chain, box, record))
            return null;
        Chain(framed);
        return record;
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_material);

    private void NextNonce(Span<byte> nonce)
    {
        _material.AsSpan(XChaChaPoly.KeySize).CopyTo(nonce);
        BinaryPrimitives.WriteInt64BigEndian(nonce[PrefixSize..], _count++);
    }

    private void Chain(ReadOnlySpan<byte> framed) => SHA256.HashData([.. _chain, .. framed], _chain);
}
