using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Modems;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// The check of discovery frames, which belong to no pair of neighbours: a CRC, or with a network key a MAC
/// (docs/reference/lora.md, section 4).
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
        HKDF.DeriveKey(HashAlgorithmName.SHA256, networkKey, lease.Span, salt: default,
            info: "qpc-mesh/1 radio common"u8);
    }

    /// <summary>Whether a network key keeps strangers out.</summary>
    internal bool IsKeyed => _key is not null;

    /// <summary>Size of every check on this radio, in bytes.</summary>
    internal int Size => IsKeyed ? KeyedSize : OpenSize;

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
        if (frameWithCheck.Length < Size)
            return false;
        Span<byte> check = stackalloc byte[Size];
        Write(frameWithCheck[..^Size], check);
        return CryptographicOperations.FixedTimeEquals(check, frameWithCheck[^Size..]);
    }

    /// <inheritdoc/>
    public void Dispose() => _key?.Dispose();
}
