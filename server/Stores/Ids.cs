using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Server.Stores;

/// <summary>An account's identity key: a raw Ed25519 public key, 32 bytes.</summary>
internal readonly record struct IdentityKey(UInt128 High, UInt128 Low)
{
    /// <summary>Size in bytes.</summary>
    internal const int Size = 32;

    /// <summary>Reads a key; false if it has another size. Whether it is a point is not checked.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out IdentityKey key)
    {
        key = default;
        if (bytes.Length != Size)
            return false;
        key = new IdentityKey(BinaryPrimitives.ReadUInt128BigEndian(bytes),
            BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));
        return true;
    }

    /// <summary>The 32 bytes.</summary>
    internal byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), Low);
        return bytes;
    }
}

/// <summary>A direct channel, 16 bytes; zero stands for none.</summary>
internal readonly record struct ChannelId(UInt128 Value)
{
    /// <summary>Size in bytes.</summary>
    internal const int Size = 16;

    /// <summary>True where there is no channel.</summary>
    internal bool IsNone => Value == 0;

    /// <summary>Reads an id: 16 bytes that are not all zero, or none at all.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out ChannelId id)
    {
        id = default;
        if (bytes.IsEmpty)
            return true;
        if (bytes.Length != Size)
            return false;
        id = new ChannelId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
        return !id.IsNone;
    }

    /// <summary>The 16 bytes, or none.</summary>
    internal byte[] ToArray()
    {
        if (IsNone)
            return [];
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return bytes;
    }
}

/// <summary>
/// A device of an account, 16 bytes; zero stands for the one that an account without registered devices has.
/// </summary>
internal readonly record struct DeviceId(UInt128 Value)
{
    /// <summary>Size in bytes.</summary>
    internal const int Size = 16;

    /// <summary>Reads an id: 16 bytes that are not all zero, or none at all.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out DeviceId id)
    {
        bool read = ChannelId.TryRead(bytes, out ChannelId same);
        id = new DeviceId(same.Value);
        return read;
    }

    /// <summary>The 16 bytes, or none.</summary>
    internal byte[] ToArray() => new ChannelId(Value).ToArray();
}

/// <summary>A message's id, chosen by its sender: 16 bytes (a UUIDv7).</summary>
internal readonly record struct MessageId(UInt128 Value)
{
    /// <summary>Size in bytes.</summary>
    internal const int Size = 16;

    /// <summary>Reads an id; false if it has another size.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out MessageId id)
    {
        id = default;
        if (bytes.Length != Size)
            return false;
        id = new MessageId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
        return true;
    }

    /// <summary>The 16 bytes.</summary>
    internal byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return bytes;
    }
}

/// <summary>An inbox: whose, and of which direct channel.</summary>
internal readonly record struct InboxId(IdentityKey Recipient, ChannelId Channel);

/// <summary>
/// A number for an inbox that other processes are told of it: the first 8 bytes of SHA-256 over key and channel. Two
/// inboxes with the same number are woken together, which costs a reading.
/// </summary>
internal readonly record struct InboxHash(ulong Value)
{
    /// <summary>The number of an inbox.</summary>
    internal static InboxHash Of(InboxId inbox)
    {
        Span<byte> bytes = stackalloc byte[IdentityKey.Size + ChannelId.Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, inbox.Recipient.High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes[16..], inbox.Recipient.Low);
        BinaryPrimitives.WriteUInt128BigEndian(bytes[IdentityKey.Size..], inbox.Channel.Value);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return new InboxHash(BinaryPrimitives.ReadUInt64BigEndian(digest));
    }

    /// <summary>16 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}
