using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

// docs/reference/server-conversations.md, section 9:
//
//  version 1 = 1 | count 1 (1 to 16) | { key, sealed to a moderator 80 } | what is said, sealed with that key
//
//  what is said: author's key 32 | message 16 | time 8 | size 1 | reason | text
//
/// <summary>
/// A message that somebody reports to the moderators of a server. The server keeps it and cannot read it: the content
/// is under a key that is drawn for it, and that key is sealed to each moderator (Noise_N,
/// <see cref="AnonymousSeal"/>).
/// </summary>
/// <param name="AuthorKey">Who wrote it, as the reporter says: 32 bytes.</param>
/// <param name="Message">The message.</param>
/// <param name="TimeMs">When it came, Unix milliseconds.</param>
/// <param name="Reason">Why it is reported.</param>
/// <param name="Text">What it says; the end of a long one is left out.</param>
public sealed record ServerReport(byte[] AuthorKey, EnvelopeId Message, ulong TimeMs, string Reason, string Text)
{
    /// <summary>Moderators at most.</summary>
    public const int MaxModerators = 16;

    /// <summary>Bytes of a reason at most. Arbitrary.</summary>
    public const int MaxReason = 200;

    /// <summary>Bytes of a text at most. Arbitrary; a server takes reports of 24 KiB.</summary>
    public const int MaxText = 16 * 1024;

    private const byte Version = 1;
    private const int KeySlot = ChaChaPoly.KeySize + AnonymousSeal.Overhead;
    private const int FixedSize = Ed25519.PublicKeySize + EnvelopeId.Size + sizeof(ulong) + 1;

    // The key is drawn for one report and seals nothing else.
    private static readonly byte[] _nonce = new byte[ChaChaPoly.NonceSize];

    private static ReadOnlySpan<byte> Prologue => "qpc-report1"u8;

    /// <summary>Seals it to moderators; null if there is none whose key can be used.</summary>
    /// <param name="moderators">Their Ed25519 keys.</param>
    /// <param name="random">Keys come from it.</param>
    public byte[]? Seal(IReadOnlyList<byte[]> moderators, RandomFill random)
    {
        ArgumentNullException.ThrowIfNull(moderators);
        ArgumentNullException.ThrowIfNull(random);
        byte[] key = new byte[ChaChaPoly.KeySize], plain = ToBytes();
        try
        {
            random(key);
            List<byte[]> slots = [];
            foreach (byte[] moderator in moderators.Take(MaxModerators))
            {
                if (TrySealKey(moderator, key, random, out byte[] slot))
                    slots.Add(slot);
            }

            byte[] sealedText = new byte[plain.Length + ChaChaPoly.TagSize];
            ChaChaPoly.Seal(key, _nonce, Prologue, plain, sealedText);
            return slots.Count == 0 ? null
                : [Version, (byte)slots.Count, .. slots.SelectMany(static s => s), .. sealedText];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    /// <summary>Opens a report; null if it is none, or not for this moderator.</summary>
    public static ServerReport? Open(ReadOnlySpan<byte> bytes, LocalIdentity moderator)
    {
        ArgumentNullException.ThrowIfNull(moderator);
        if (bytes.Length < 2 || bytes[0] != Version || bytes[1] is 0 or > MaxModerators
            || bytes.Length < 2 + (bytes[1] * KeySlot) + ChaChaPoly.TagSize + FixedSize
            || bytes.Length > 2 + (bytes[1] * KeySlot) + ChaChaPoly.TagSize + FixedSize + MaxReason + MaxText)
            return null;
        ReadOnlySpan<byte> slots = bytes.Slice(2, bytes[1] * KeySlot), text = bytes[(2 + slots.Length)..];
        Span<byte> key = stackalloc byte[ChaChaPoly.KeySize];
        Span<byte> unused = stackalloc byte[2 * AnonymousSeal.KeySize];
        byte[] plain = new byte[text.Length - ChaChaPoly.TagSize];
        try
        {
            for (; slots.Length > 0; slots = slots[KeySlot..])
            {
                if (AnonymousSeal.TryOpen(
                    Prologue, moderator.X25519PublicKey.Span, moderator.TryAgree, slots[..KeySlot], key,
                    unused[..AnonymousSeal.KeySize], unused[AnonymousSeal.KeySize..])
                    && ChaChaPoly.TryOpen(key, _nonce, Prologue, text, plain))
                    return Read(plain);
            }

            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(unused);
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static bool TrySealKey(byte[] moderator, ReadOnlySpan<byte> key, RandomFill random, out byte[] slot)
    {
        slot = new byte[KeySlot];
        Span<byte> receiver = stackalloc byte[X25519.PublicKeySize];
        if (moderator.Length != Ed25519.PublicKeySize || !Ed25519.TryConvertPublicKeyToX25519(moderator, receiver))
            return false;
        Span<byte> secrets = stackalloc byte[4 * AnonymousSeal.KeySize];
        Span<byte> ephemeral = secrets[..AnonymousSeal.KeySize];
        try
        {
            AnonymousSeal.Draw(random, ephemeral, secrets.Slice(AnonymousSeal.KeySize, AnonymousSeal.KeySize));
            return AnonymousSeal.TrySeal(
                Prologue, receiver, ephemeral, key, slot,
                secrets.Slice(2 * AnonymousSeal.KeySize, AnonymousSeal.KeySize),
                secrets[(3 * AnonymousSeal.KeySize)..]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    private static ServerReport? Read(ReadOnlySpan<byte> plain)
    {
        int reason = plain[FixedSize - 1];
        if (reason > MaxReason || plain.Length - FixedSize < reason)
            return null;
        return new ServerReport(
            plain[..Ed25519.PublicKeySize].ToArray(), EnvelopeId.Read(plain[Ed25519.PublicKeySize..]),
            BinaryPrimitives.ReadUInt64BigEndian(plain[(Ed25519.PublicKeySize + EnvelopeId.Size)..]),
            Encoding.UTF8.GetString(plain.Slice(FixedSize, reason)),
            Encoding.UTF8.GetString(plain[(FixedSize + reason)..]));
    }

    private static byte[] Bounded(string text, int most)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int end = Math.Min(bytes.Length, most);
        // No character is cut in two: bytes that continue one begin with 10.
        while (end < bytes.Length && end > 0 && (bytes[end] & 0xC0) == 0x80)
            end--;
        return bytes[..end];
    }

    private byte[] ToBytes()
    {
        byte[] reason = Bounded(Reason, MaxReason), text = Bounded(Text, MaxText);
        byte[] bytes = new byte[FixedSize + reason.Length + text.Length];
        AuthorKey.CopyTo(bytes, 0);
        Message.Write(bytes.AsSpan(Ed25519.PublicKeySize));
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(Ed25519.PublicKeySize + EnvelopeId.Size), TimeMs);
        bytes[FixedSize - 1] = (byte)reason.Length;
        reason.CopyTo(bytes, FixedSize);
        text.CopyTo(bytes, FixedSize + reason.Length);
        return bytes;
    }
}
