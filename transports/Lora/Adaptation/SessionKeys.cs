using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Airtime;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// The keys of one session, one for each direction. Every check is the beginning of HMAC-SHA256(key, number(4) || frame
/// without check); the frame's first byte tells data, acknowledgements, broadcasts and answers apart. With two bytes a
/// forged frame passes once in 65,536 tries, each of which takes airtime; the check also finds damage, as a CRC of that
/// size would.
/// </summary>
internal sealed class SessionKeys : IDisposable
{
    private const int KeySize = 32;

    private readonly SecretBuffer _keys = new(2 * KeySize);
    private readonly int _checkSize;

    /// <summary>Expands both keys (RFC 5869, section 2.3).</summary>
    /// <param name="pair">The pair's pseudorandom key.</param>
    /// <param name="info">Who greeted whom, and both nonces.</param>
    /// <param name="greeted">We sent the greeting.</param>
    /// <param name="checkSize">Size of the checks of data frames, in bytes.</param>
    internal SessionKeys(ReadOnlySpan<byte> pair, byte[] info, bool greeted, int checkSize)
    {
        _checkSize = checkSize;
        using SecretBuffer.Lease lease = _keys.Borrow();
        HKDF.Expand(HashAlgorithmName.SHA256, pair, lease.Span[..KeySize], [.. info, greeted ? (byte)0 : (byte)1]);
        HKDF.Expand(HashAlgorithmName.SHA256, pair, lease.Span[KeySize..], [.. info, greeted ? (byte)1 : (byte)0]);
        Span<byte> name = stackalloc byte[sizeof(ushort)];
        HKDF.Expand(HashAlgorithmName.SHA256, pair, name, [.. info, 2]);
        Name = (ushort)Math.Max(1, (int)BinaryPrimitives.ReadUInt16BigEndian(name));
    }

    /// <summary>What both call the session in greetings; not 0, and no secret.</summary>
    internal ushort Name { get; }

    /// <summary>Writes the check of something that we send.</summary>
    /// <param name="number">The whole number of which the frame holds a part.</param>
    /// <param name="frame">Everything before the check.</param>
    /// <param name="check">Receives as many bytes as it has, at most 32.</param>
    internal void Write(uint number, ReadOnlySpan<byte> frame, Span<byte> check) => Compute(0, number, frame, check);

    /// <summary>Whether a received frame ends in its check.</summary>
    internal bool Verify(uint number, ReadOnlySpan<byte> frameWithCheck) =>
        Verify(number, frameWithCheck[..^_checkSize], frameWithCheck[^_checkSize..]);

    /// <summary>Whether a check that we received is that of a frame.</summary>
    internal bool Verify(uint number, ReadOnlySpan<byte> frame, ReadOnlySpan<byte> check)
    {
        Span<byte> right = stackalloc byte[HMACSHA256.HashSizeInBytes];
        right = right[..check.Length];
        Compute(KeySize, number, frame, right);
        return CryptographicOperations.FixedTimeEquals(right, check);
    }

    /// <inheritdoc/>
    public void Dispose() => _keys.Dispose();

    private void Compute(int keyAt, uint number, ReadOnlySpan<byte> frame, Span<byte> check)
    {
        Span<byte> message = stackalloc byte[sizeof(uint) + LoraModulation.MaxFrame];
        BinaryPrimitives.WriteUInt32BigEndian(message, number);
        frame.CopyTo(message[sizeof(uint)..]);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using SecretBuffer.Lease lease = _keys.Borrow();
        HMACSHA256.HashData(lease.Span.Slice(keyAt, KeySize), message[..(sizeof(uint) + frame.Length)], mac);
        mac[..check.Length].CopyTo(check);
    }
}
