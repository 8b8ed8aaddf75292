using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// The check of frames that belong to no pair of neighbours: a CRC, or with a network key a MAC
/// (docs/lora.md, section 1).
/// </summary>
internal sealed class CommonCheck : IDisposable
{
    internal const int OpenSize = 2, KeyedSize = 4;

    private readonly SecretBuffer? _key;

    internal CommonCheck(ReadOnlySpan<byte> networkKey)
    {
        if (networkKey.IsEmpty)
            return;
        _key = new SecretBuffer(HMACSHA256.HashSizeInBytes);
        using SecretBuffer.Lease lease = _key.Borrow();
        HKDF.DeriveKey(HashAlgorithmName.SHA256, networkKey, lease.Span, salt: default, info: "qpc-mesh/1 radio common"u8);
    }

    /// <summary>Size of every check on this radio, in bytes.</summary>
    internal int Size => _key is null ? OpenSize : KeyedSize;

    /// <summary>Writes the check of a frame.</summary>
    internal void Write(ReadOnlySpan<byte> frame, Span<byte> check)
    {
        if (_key is null)
        {
            BinaryPrimitives.WriteUInt16BigEndian(check, Crc16.Of(frame));
            return;
        }
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using SecretBuffer.Lease lease = _key.Borrow();
        HMACSHA256.HashData(lease.Span, frame, mac);
        mac[..KeyedSize].CopyTo(check);
    }

    /// <summary>Whether a whole frame ends in its check.</summary>
    internal bool Verify(ReadOnlySpan<byte> frameWithCheck)
    {
        Span<byte> check = stackalloc byte[Size];
        Write(frameWithCheck[..^Size], check);
        return CryptographicOperations.FixedTimeEquals(check, frameWithCheck[^Size..]);
    }

    /// <inheritdoc/>
    public void Dispose() => _key?.Dispose();
}

/// <summary>
/// The keys of two neighbours for as long as neither restarts: one for each direction, from their X25519 secret, both
/// addresses and boot ids, and the network key. With two bytes a forged frame passes once in 65,536 tries, each of
/// which takes airtime; the check also finds damage, as a CRC of that size would.
/// </summary>
internal sealed class RadioKeys : IDisposable
{
    private const int KeySize = 32;

    private readonly SecretBuffer _keys = new(2 * KeySize);
    private readonly int _checkSize;

    private RadioKeys(int checkSize) => _checkSize = checkSize;

    /// <summary>Derives the keys; null if the neighbour's key is none to agree with.</summary>
    internal static RadioKeys? Derive(
        LocalIdentity self, ulong bootId, RadioIdentity peer, ReadOnlySpan<byte> networkKey)
    {
        Span<byte> peerX = stackalloc byte[X25519.PublicKeySize];
        Span<byte> shared = stackalloc byte[X25519.SharedSecretSize];
        if (!Ed25519.TryConvertPublicKeyToX25519(peer.PublicKey, peerX) || !self.TryAgree(peerX, shared))
            return null;
        try
        {
            RadioKeys keys = new(networkKey.IsEmpty ? CommonCheck.OpenSize : CommonCheck.KeyedSize);
            using SecretBuffer.Lease lease = keys._keys.Borrow();
            byte[] ours = [.. Bytes(self.Address), .. Bytes(bootId)];
            byte[] theirs = [.. Bytes(peer.Address), .. Bytes(peer.BootId)];
            Expand(shared, networkKey, [.. "qpc-mesh/1 radio link"u8, .. ours, .. theirs], lease.Span[..KeySize]);
            Expand(shared, networkKey, [.. "qpc-mesh/1 radio link"u8, .. theirs, .. ours], lease.Span[KeySize..]);
            return keys;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    /// <summary>Writes the check of a frame that we send.</summary>
    /// <param name="counter">The whole number of which the frame holds five bits.</param>
    /// <param name="frame">Header and body.</param>
    /// <param name="check">Receives 2 or 4 bytes.</param>
    internal void Write(uint counter, ReadOnlySpan<byte> frame, Span<byte> check) => Compute(0, counter, frame, check);

    /// <summary>Whether a received frame ends in its check.</summary>
    internal bool Verify(uint counter, ReadOnlySpan<byte> frameWithCheck)
    {
        Span<byte> check = stackalloc byte[_checkSize];
        Compute(KeySize, counter, frameWithCheck[..^_checkSize], check);
        return CryptographicOperations.FixedTimeEquals(check, frameWithCheck[^_checkSize..]);
    }

    /// <inheritdoc/>
    public void Dispose() => _keys.Dispose();

    private void Compute(int keyAt, uint counter, ReadOnlySpan<byte> frame, Span<byte> check)
    {
        Span<byte> message = stackalloc byte[sizeof(uint) + 256];
        BinaryPrimitives.WriteUInt32BigEndian(message, counter);
        frame.CopyTo(message[sizeof(uint)..]);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using SecretBuffer.Lease lease = _keys.Borrow();
        HMACSHA256.HashData(lease.Span.Slice(keyAt, KeySize), message[..(sizeof(uint) + frame.Length)], mac);
        mac[.._checkSize].CopyTo(check);
    }

    private static void Expand(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> info, Span<byte> key) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, salt, info);

    private static byte[] Bytes(NodeAddress address)
    {
        byte[] bytes = new byte[NodeAddress.Size];
        address.Write(bytes);
        return bytes;
    }

    private static byte[] Bytes(ulong value)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
