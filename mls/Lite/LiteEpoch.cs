using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Lite;

/// <summary>
/// One epoch of a group: a ratchet for each member index. The secret itself is gone once the ratchets are derived;
/// whoever joins later gets a new epoch.
/// </summary>
internal sealed class LiteEpoch : IDisposable
{
    /// <summary>Bytes that order epochs of the same number: the lower one wins.</summary>
    internal const int IdSize = 8;

    private readonly SenderRatchet[] _ratchets;

    internal LiteEpoch(uint number, ulong id, ushort tag, LiteCipher cipher, SenderRatchet[] ratchets)
    {
        Number = number;
        Id = id;
        Tag = tag;
        Cipher = cipher;
        _ratchets = ratchets;
    }

    internal uint Number { get; }

    internal ulong Id { get; }

    internal ushort Tag { get; }

    internal LiteCipher Cipher { get; }

    /// <summary>This node made the epoch to invite somebody, who knows no other.</summary>
    internal bool InvitedHere { get; set; }

    internal ReadOnlySpan<SenderRatchet> Ratchets => _ratchets;

    internal static LiteEpoch Derive(ReadOnlySpan<byte> secret, uint number, LiteCipher cipher)
    {
        Span<byte> prk = stackalloc byte[LiteConstants.SecretSize];
        LiteKeySchedule.Extract(secret, prk);
        Span<byte> id = stackalloc byte[IdSize];
        HKDF.Expand(HashAlgorithmName.SHA256, prk, id, "epoch id"u8);
        var ratchets = new SenderRatchet[LiteConstants.MaxMembers];
        for (int i = 0; i < ratchets.Length; i++)
        {
            byte[] chain = new byte[LiteConstants.SecretSize];
            LiteKeySchedule.SenderChain(prk, i, chain);
            ratchets[i] = new SenderRatchet(chain, 0);
        }

        var epoch = new LiteEpoch(
            number, BinaryPrimitives.ReadUInt64BigEndian(id), LiteKeySchedule.EpochTag(prk), cipher, ratchets);
        CryptographicOperations.ZeroMemory(prk);
        return epoch;
    }

    /// <summary>True if this epoch is the one to send in, of two.</summary>
    internal bool WinsOver(LiteEpoch other) => Number != other.Number ? Number > other.Number : Id < other.Id;

    /// <summary>Protects a message of this node and uses its counter up.</summary>
    internal byte[] Seal(
        ReadOnlySpan<byte> groupId, int sender, NodeAddress address, LiteMessageType type, ReadOnlySpan<byte> clear,
        ReadOnlySpan<byte> content)
    {
        SenderRatchet ratchet = _ratchets[sender];
        int counter = ratchet.Next;
        if (counter > LiteConstants.MaxCounter)
            throw new InvalidOperationException("The counter of this epoch is used up: rekey the group.");
        int header = UnverifiedLiteMessage.HeaderSize(counter) + clear.Length;
        byte[] message = new byte[header + content.Length + LiteAead.TagSize(Cipher)];
        int written = UnverifiedLiteMessage.WriteHeader(message, Tag, type, sender, counter);
        clear.CopyTo(message.AsSpan(written));
        Span<byte> key = stackalloc byte[LiteConstants.SecretSize];
        Span<byte> nonce = stackalloc byte[LiteAead.MaxNonceSize];
        Keys(ratchet.Chain, address, key, nonce, out Span<byte> usedKey, out Span<byte> usedNonce);
        Span<byte> associated = stackalloc byte[AssociatedSize];
        WriteAssociated(associated, groupId, type, sender, counter, address);
        LiteAead.Seal(Cipher, usedKey, usedNonce, content, associated, message.AsSpan(header));
        CryptographicOperations.ZeroMemory(key);
        ratchet.Consume(counter);
        return message;
    }

    /// <summary>Opens a message; the ratchet moves only if it is authentic.</summary>
    internal LiteError TryOpen(
        ReadOnlySpan<byte> groupId, in UnverifiedLiteMessage message, NodeAddress sender, ReadOnlySpan<byte> sealedContent,
        out byte[] content)
    {
        content = [];
        int size = sealedContent.Length - LiteAead.TagSize(Cipher);
        if (size is < 0 or > LiteConstants.MaxContent)
            return LiteError.Malformed;
        SenderRatchet ratchet = _ratchets[message.Sender];
        Span<byte> chain = stackalloc byte[LiteConstants.SecretSize];
        LiteError error = ratchet.TryPeek(message.Counter, chain);
        if (error != LiteError.None)
            return error;
        Span<byte> key = stackalloc byte[LiteConstants.SecretSize];
        Span<byte> nonce = stackalloc byte[LiteAead.MaxNonceSize];
        Keys(chain, sender, key, nonce, out Span<byte> usedKey, out Span<byte> usedNonce);
        Span<byte> associated = stackalloc byte[AssociatedSize];
        WriteAssociated(associated, groupId, message.Type, message.Sender, message.Counter, sender);
        byte[] plaintext = new byte[size];
        bool authentic = LiteAead.TryOpen(Cipher, usedKey, usedNonce, sealedContent, associated, plaintext);
        CryptographicOperations.ZeroMemory(chain);
        CryptographicOperations.ZeroMemory(key);
        if (!authentic)
            return LiteError.NotAuthentic;
        ratchet.Consume(message.Counter);
        content = plaintext;
        return LiteError.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SenderRatchet ratchet in _ratchets)
            ratchet.Dispose();
    }

    // groupId(8) typeSender(1) counter(4) address(16)
    private const int AssociatedSize = LiteConstants.GroupIdSize + 1 + sizeof(int) + NodeAddress.Size;

    private void Keys(
        ReadOnlySpan<byte> chain, NodeAddress sender, Span<byte> key, Span<byte> nonce, out Span<byte> usedKey,
        out Span<byte> usedNonce)
    {
        usedKey = key[..LiteAead.KeySize(Cipher)];
        usedNonce = nonce[..LiteAead.NonceSize(Cipher)];
        LiteKeySchedule.MessageKey(chain, usedKey);
        LiteKeySchedule.Nonce(chain, sender, usedNonce);
    }

    private static void WriteAssociated(
        Span<byte> associated, ReadOnlySpan<byte> groupId, LiteMessageType type, int sender, int counter, NodeAddress address)
    {
        groupId.CopyTo(associated);
        associated[LiteConstants.GroupIdSize] = (byte)((int)type << 5 | sender);
        BinaryPrimitives.WriteInt32BigEndian(associated[(LiteConstants.GroupIdSize + 1)..], counter);
        address.Write(associated[(LiteConstants.GroupIdSize + 1 + sizeof(int))..]);
    }
}
