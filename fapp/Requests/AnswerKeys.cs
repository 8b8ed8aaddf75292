using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Requests;

/// <summary>
/// What follows from the root that a patient and a practice share (docs/reference/fapp.md, section 3.3): tags and keys
/// of answers, new for each sequence, and proofs.
/// </summary>
public static class AnswerKeys
{
    /// <summary>Size of a root in bytes.</summary>
    public const int RootSize = 32;

    private static ReadOnlySpan<byte> RootSalt => "qpc-mesh/1 fapp answer"u8;

    private static ReadOnlySpan<byte> TagLabel => "tag"u8;

    private static ReadOnlySpan<byte> KeyLabel => "key"u8;

    private static ReadOnlySpan<byte> CodeLabel => "code"u8;

    // A key encrypts one entry: it is new for each sequence.
    private static ReadOnlySpan<byte> ZeroNonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>The root: HKDF-SHA256 of the secret of the request's handshake, with author and id as info.</summary>
    /// <param name="secret">The second key of Split(), 32 bytes.</param>
    /// <param name="author">The practice's public key, 32 bytes.</param>
    /// <param name="id">The request.</param>
    /// <param name="root">Receives 32 bytes; the caller zeroes them.</param>
    public static void Root(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> author, RequestId id, Span<byte> root)
    {
        Span<byte> info = stackalloc byte[Ed25519.PublicKeySize + RequestId.Size];
        author.CopyTo(info);
        id.Write(info[Ed25519.PublicKeySize..]);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, root, RootSalt, info);
    }

    /// <summary>The tag by which a patient finds the answer in the record with a sequence.</summary>
    /// <param name="root">32 bytes.</param>
    /// <param name="sequence">Of the record.</param>
    /// <param name="tag">Receives 8 bytes.</param>
    public static void Tag(ReadOnlySpan<byte> root, ulong sequence, Span<byte> tag)
    {
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        Compute(root, TagLabel, sequence, mac);
        mac[..SlotConfirm.TagSize].CopyTo(tag);
    }

    /// <summary>Writes an entry.</summary>
    /// <param name="root">32 bytes.</param>
    /// <param name="author">The practice's public key, 32 bytes.</param>
    /// <param name="sequence">Of the record.</param>
    /// <param name="shard">Of the record.</param>
    /// <param name="answer">What it says.</param>
    /// <param name="entry">Receives <see cref="SlotConfirm.EntrySize"/> bytes.</param>
    public static void SealEntry(
        ReadOnlySpan<byte> root, ReadOnlySpan<byte> author, ulong sequence, byte shard, SlotAnswerEntry answer,
        Span<byte> entry)
    {
        Span<byte> key = stackalloc byte[ChaChaPoly.KeySize];
        Span<byte> content = stackalloc byte[SlotAnswerEntry.Size];
        Span<byte> associated = stackalloc byte[AssociatedSize];
        Tag(root, sequence, entry);
        Key(root, sequence, key);
        Associated(author, sequence, shard, associated);
        answer.Write(content);
        ChaChaPoly.Seal(key, ZeroNonce, associated, content, entry[SlotConfirm.TagSize..]);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Reads an entry; null if it is not for this root, or altered.</summary>
    public static SlotAnswerEntry? TryOpenEntry(
        ReadOnlySpan<byte> root, ReadOnlySpan<byte> author, ulong sequence, in SlotConfirm confirm)
    {
        Span<byte> tag = stackalloc byte[SlotConfirm.TagSize];
        Tag(root, sequence, tag);
        ReadOnlySpan<byte> cipher = confirm.Find(tag);
        if (cipher.IsEmpty)
            return null;
        Span<byte> key = stackalloc byte[ChaChaPoly.KeySize];
        Span<byte> content = stackalloc byte[SlotAnswerEntry.Size];
        Span<byte> associated = stackalloc byte[AssociatedSize];
        Key(root, sequence, key);
        Associated(author, sequence, confirm.Shard, associated);
        bool isOpen = ChaChaPoly.TryOpen(key, ZeroNonce, associated, cipher, content);
        CryptographicOperations.ZeroMemory(key);
        return isOpen ? SlotAnswerEntry.TryRead(content) : null;
    }

    /// <summary>The key of an entry, which its patient may show to prove what the practice signed.</summary>
    /// <param name="root">32 bytes.</param>
    /// <param name="sequence">Of the record.</param>
    /// <param name="key">Receives 32 bytes.</param>
    public static void Key(ReadOnlySpan<byte> root, ulong sequence, Span<byte> key)
    {
        Span<byte> info = stackalloc byte[KeyLength];
        KeyLabel.CopyTo(info);
        BinaryPrimitives.WriteUInt64BigEndian(info[KeyLabel.Length..], sequence);
        HKDF.Expand(HashAlgorithmName.SHA256, root, key, info);
    }

    /// <summary>The proof that whoever wants something with a slot made the request: HMAC of verb and slot.</summary>
    /// <param name="root">32 bytes.</param>
    /// <param name="verb">What is wanted.</param>
    /// <param name="slot">With which slot.</param>
    /// <param name="proof">Receives <see cref="SlotReserve.ProofSize"/> bytes.</param>
    public static void Prove(ReadOnlySpan<byte> root, SlotVerb verb, SlotId slot, Span<byte> proof)
    {
        Span<byte> message = stackalloc byte[1 + SlotId.Size];
        message[0] = (byte)verb;
        BinaryPrimitives.WriteUInt32BigEndian(message[1..], slot.Value);
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        HmacSha256.Compute(root, message, mac);
        mac[..SlotReserve.ProofSize].CopyTo(proof);
    }

    /// <summary>Six digits that both sides see, by which the patient is known in the practice.</summary>
    public static string Code(ReadOnlySpan<byte> root)
    {
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        HmacSha256.Compute(root, CodeLabel, mac);
        return (BinaryPrimitives.ReadUInt32BigEndian(mac) % 1_000_000)
            .ToString("000000", System.Globalization.CultureInfo.InvariantCulture);
    }

    private const int KeyLength = 3 + sizeof(ulong);

    private const int AssociatedSize = Ed25519.PublicKeySize + sizeof(ulong) + 1;

    private static void Compute(ReadOnlySpan<byte> root, ReadOnlySpan<byte> label, ulong sequence, Span<byte> mac)
    {
        Span<byte> message = stackalloc byte[label.Length + sizeof(ulong)];
        label.CopyTo(message);
        BinaryPrimitives.WriteUInt64BigEndian(message[label.Length..], sequence);
        HmacSha256.Compute(root, message, mac);
    }

    private static void Associated(ReadOnlySpan<byte> author, ulong sequence, byte shard, Span<byte> associated)
    {
        author.CopyTo(associated);
        BinaryPrimitives.WriteUInt64BigEndian(associated[Ed25519.PublicKeySize..], sequence);
        associated[^1] = shard;
    }
}
