using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Servers;

// docs/reference/server-conversations.md, section 10:
//
//  version 1 = 1 | account's identity 32 | end, Unix seconds 8 | signature 64 by the identity over
//                  "qpc-device1" | device's key 32 | identity 32 | end 8
//
/// <summary>
/// An account's identity says that a key is one of its devices. Whoever has it knows nothing secret; without the
/// device's own key it is of no use.
/// </summary>
public sealed class DeviceCertificate
{
    /// <summary>Bytes of one.</summary>
    public const int Size = 1 + Ed25519.PublicKeySize + sizeof(ulong) + Ed25519.SignatureSize;

    /// <summary>What its text begins with, before the separator of Bech32m.</summary>
    public const string Prefix = "qpcdevice";

    private const byte Version = 1;
    private const int EndAt = 1 + Ed25519.PublicKeySize;
    private const int SignatureAt = EndAt + sizeof(ulong);

    /// <summary>How long one holds. Arbitrary: a device that was lost without a word is forgotten after it.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    private readonly byte[] _bytes;

    private DeviceCertificate(byte[] bytes) => _bytes = bytes;

    private static ReadOnlySpan<byte> Label => "qpc-device1"u8;

    /// <summary>The account's identity: an Ed25519 key, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Identity => _bytes.AsMemory(1, Ed25519.PublicKeySize);

    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    private ulong End => BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(EndAt));

    /// <summary>Certifies a device.</summary>
    /// <param name="identity">The account's identity.</param>
    /// <param name="device">The device's Ed25519 key, 32 bytes.</param>
    /// <param name="end">Until when others take it in.</param>
    public static DeviceCertificate Sign(LocalIdentity identity, ReadOnlySpan<byte> device, DateTimeOffset end)
    {
        ArgumentNullException.ThrowIfNull(identity);
        byte[] bytes = new byte[Size];
        bytes[0] = Version;
        identity.PublicKey.Span.CopyTo(bytes.AsSpan(1));
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(EndAt), (ulong)Math.Max(0, end.ToUnixTimeSeconds()));
        identity.Sign(Signed(device, bytes), bytes.AsSpan(SignatureAt));
        return new DeviceCertificate(bytes);
    }

    /// <summary>Reads one; false if the bytes are none. Whether it holds for a device is another question.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DeviceCertificate? certificate)
    {
        certificate = bytes.Length == Size && bytes[0] == Version
            && Ed25519.IsValidPublicKey(bytes.Slice(1, Ed25519.PublicKeySize))
            ? new DeviceCertificate(bytes.ToArray()) : null;
        return certificate is not null;
    }

    /// <summary>Reads one as people pass it on; the error is one sentence that says what is wrong.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out DeviceCertificate? certificate, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        certificate = null;
        if (!Bech32m.TryDecode(text.Trim(), Bech32m.MaxLongLength, out string? prefix, out byte[]? bytes, out error))
        {
            error = $"that is no certificate of a device: {error}";
            return false;
        }

        if (prefix == Prefix && TryRead(bytes, out certificate))
        {
            error = null;
            return true;
        }

        error = $"a certificate of a device begins with {Prefix}1";
        return false;
    }

    /// <summary>Whether it certifies a device: the identity signed it, and it is not the identity itself.</summary>
    public bool IsOf(ReadOnlySpan<byte> device) => device.Length == Ed25519.PublicKeySize
        && !device.SequenceEqual(Identity.Span)
        && Ed25519.Verify(Signed(device, _bytes), Identity.Span, _bytes.AsSpan(SignatureAt));

    /// <summary>Whether others take the device in at a moment.</summary>
    public bool IsAlive(DateTimeOffset now) => (ulong)Math.Max(0, now.ToUnixTimeSeconds()) < End;

    /// <summary>As people pass it on: Bech32m.</summary>
    public override string ToString() => Bech32m.Encode(Prefix, _bytes);

    private static byte[] Signed(ReadOnlySpan<byte> device, ReadOnlySpan<byte> bytes) =>
        [.. Label, .. device, .. bytes[1..SignatureAt]];
}
