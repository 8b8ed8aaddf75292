using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Storage;

// uint8 version = 1; uint8 last_resort; opaque init_private<V>; opaque leaf_private<V>; opaque key_package<V>;
/// <summary>A key package of our own with its private keys, until somebody uses it.</summary>
internal sealed class KeyPackageRecord(UnverifiedKeyPackage keyPackage, byte[] initKey, byte[] leafKey, bool lastResort) : IDisposable
{
    private const byte FormatVersion = 1;

    internal UnverifiedKeyPackage KeyPackage { get; } = keyPackage;

    internal byte[] InitKey { get; } = initKey;

    internal byte[] LeafKey { get; } = leafKey;

    internal bool LastResort { get; } = lastResort;

    internal byte[] ToBytes()
    {
        using MlsWriter writer = new();
        writer.Byte(FormatVersion);
        writer.Presence(LastResort);
        writer.Vector(InitKey);
        writer.Vector(LeafKey);
        writer.Vector(KeyPackage.Encoded);
        return writer.ToArray();
    }

    internal static KeyPackageRecord? Read(byte[] bytes)
    {
        MlsReader reader = new(bytes);
        if (!reader.TryReadByte(out byte version) || version != FormatVersion || !reader.TryReadPresence(out bool lastResort)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> init) || !reader.TryReadVector(out ReadOnlyMemory<byte> leaf)
            || !reader.TryReadVector(out ReadOnlyMemory<byte> encoded))
        {
            return null;
        }

        // A copy, because the caller zeroes the buffer.
        MlsReader inner = new(encoded.ToArray());
        if (!UnverifiedKeyPackage.TryRead(ref inner, out UnverifiedKeyPackage keyPackage))
            return null;
        return new KeyPackageRecord(keyPackage, init.ToArray(), leaf.ToArray(), lastResort);
    }

    public void Dispose()
    {
        Secrets.Zero(InitKey);
        if (!LastResort)
            Secrets.Zero(LeafKey);
    }
}
