using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Queries;

/// <summary>A query that only its relay can read, and what its answer is recognised by.</summary>
/// <param name="Bytes">As it travels.</param>
/// <param name="Id">Names query and answer.</param>
/// <param name="Key">32 bytes, which the relay has too. Secret.</param>
public sealed record MadeQuery(byte[] Bytes, RequestId Id, byte[] Key);

/// <summary>
/// Queries sealed to a relay's identity (Noise_N, prologue <c>qpc-mesh/1 fapp query</c>), and answers under the
/// handshake's second key.
/// </summary>
public static class SealedQuery
{
    /// <summary>Size of a query in bytes, whatever it asks.</summary>
    public const int Size = AnonymousSeal.Overhead + SlotQuery.Size;

    /// <summary>What an answer has beside its content: id, nonce, tag.</summary>
    public const int AnswerOverhead = RequestId.Size + ChaChaPoly.NonceSize + ChaChaPoly.TagSize;

    private static ReadOnlySpan<byte> Prologue => "qpc-mesh/1 fapp query"u8;

    /// <summary>Seals a query; null if it is too long, or the relay's key is no proper one.</summary>
    /// <param name="relay">The relay's Ed25519 public key, 32 bytes.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="random">Source of the ephemeral key.</param>
    public static MadeQuery? Seal(ReadOnlySpan<byte> relay, SlotQuery query, RandomFill random)
    {
        Span<byte> image = stackalloc byte[X25519.PublicKeySize];
        Span<byte> content = stackalloc byte[SlotQuery.Size];
        if (!Ed25519.TryConvertPublicKeyToX25519(relay, image) || !query.TryWrite(content))
            return null;
        Span<byte> keys = stackalloc byte[3 * AnonymousSeal.KeySize];
        Span<byte> ephemeral = keys[..AnonymousSeal.KeySize], hash =
            keys.Slice(AnonymousSeal.KeySize, AnonymousSeal.KeySize);
        byte[] secret = new byte[AnonymousSeal.KeySize], bytes = new byte[Size];
        AnonymousSeal.Draw(random, ephemeral, keys[(2 * AnonymousSeal.KeySize)..]);
        bool isSealed = AnonymousSeal.TrySeal(Prologue, image, ephemeral, content, bytes, hash, secret);
        RequestId id = RequestId.Read(hash);
        CryptographicOperations.ZeroMemory(keys);
        return isSealed ? new MadeQuery(bytes, id, secret) : null;
    }

    /// <summary>Opens a query; false if it was not sealed to this node, or says nothing.</summary>
    /// <param name="identity">Ours.</param>
    /// <param name="bytes">Any bytes.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="id">Names the answer.</param>
    /// <param name="key">Seals the answer, 32 bytes; the caller zeroes it.</param>
    public static bool TryOpen(
        LocalIdentity identity, ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SlotQuery? query, out RequestId id,
            out byte[] key)
    {
        (query, id, key) = (null, default, new byte[AnonymousSeal.KeySize]);
        if (bytes.Length != Size)
            return false;
        Span<byte> content = stackalloc byte[SlotQuery.Size];
        Span<byte> hash = stackalloc byte[AnonymousSeal.KeySize];
        if (!AnonymousSeal.TryOpen(Prologue, identity.X25519PublicKey.Span, identity.TryAgree, bytes, content, hash,
            key)
            || SlotQuery.TryRead(content) is not { } read)
            return false;
        (query, id) = (read, RequestId.Read(hash));
        return true;
    }

    /// <summary>
    /// Seals an answer: id(16) nonce(12) ChaCha20-Poly1305(content), with the id as associated data. The nonce is
    /// drawn, because a query
    /// that comes twice is answered twice.
    /// </summary>
    public static byte[] SealAnswer(RequestId id, ReadOnlySpan<byte> key, SlotResponse response, RandomFill random)
    {
        byte[] content = response.Encode();
        byte[] bytes = new byte[AnswerOverhead + content.Length];
        id.Write(bytes);
        Span<byte> nonce = bytes.AsSpan(RequestId.Size, ChaChaPoly.NonceSize);
        random(nonce);
        ChaChaPoly.Seal(key, nonce, bytes.AsSpan(0, RequestId.Size), content,
            bytes.AsSpan(RequestId.Size + ChaChaPoly.NonceSize));
        return bytes;
    }

    /// <summary>Whether an answer may have this size.</summary>
    public static bool IsAnswerSize(int size) => SlotResponse.IsSize(size - AnswerOverhead);

    /// <summary>The query that an answer names; it has the size of an answer.</summary>
    public static RequestId IdOf(ReadOnlySpan<byte> answer) => RequestId.Read(answer);

    /// <summary>Opens an answer; null if it is not for this key, was altered, or says nothing.</summary>
    public static SlotResponse? TryOpenAnswer(ReadOnlySpan<byte> key, ReadOnlySpan<byte> answer)
    {
        if (!IsAnswerSize(answer.Length))
            return null;
        byte[] content = new byte[answer.Length - AnswerOverhead];
        return ChaChaPoly.TryOpen(
            key, answer.Slice(RequestId.Size, ChaChaPoly.NonceSize), answer[..RequestId.Size],
            answer[(RequestId.Size + ChaChaPoly.NonceSize)..], content) ? SlotResponse.TryRead(content) : null;
    }
}
