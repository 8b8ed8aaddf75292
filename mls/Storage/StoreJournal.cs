using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace QuicProChat.Mesh.Mls.Storage;

// "QMJ1"; uint32 count; each: uint8 key length, key, uint8 present, uint32 value length, value; SHA-256 of all before
/// <summary>Several changes as one file: once the file has its name, all of them have happened.</summary>
internal static class StoreJournal
{
    private const int HeaderSize = 8;

    private static ReadOnlySpan<byte> Magic => "QMJ1"u8;

    internal static byte[] Encode(IReadOnlyList<StoreChange> changes)
    {
        using MemoryStream stream = new();
        Span<byte> number = stackalloc byte[4];
        stream.Write(Magic);
        BinaryPrimitives.WriteInt32BigEndian(number, changes.Count);
        stream.Write(number);
        foreach (StoreChange change in changes)
        {
            byte[] key = Encoding.ASCII.GetBytes(change.Key);
            stream.WriteByte((byte)key.Length);
            stream.Write(key);
            stream.WriteByte(change.Value is null ? (byte)0 : (byte)1);
            BinaryPrimitives.WriteInt32BigEndian(number, change.Value?.Length ?? 0);
            stream.Write(number);
            if (change.Value is { } value)
                stream.Write(value.Span);
        }
        byte[] body = stream.ToArray();
        CryptographicOperations.ZeroMemory(stream.GetBuffer());
        byte[] whole = [.. body, .. SHA256.HashData(body)];
        CryptographicOperations.ZeroMemory(body);
        return whole;
    }

    /// <summary>Reads a journal; null if it is damaged.</summary>
    internal static List<StoreChange>? Decode(byte[] bytes)
    {
        int end = bytes.Length - SHA256.HashSizeInBytes;
        if (end < HeaderSize || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic)
            || !SHA256.HashData(bytes.AsSpan(0, end)).AsSpan().SequenceEqual(bytes.AsSpan(end)))
        {
            return null;
        }
        int count = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(Magic.Length));
        List<StoreChange> changes = [];
        int at = HeaderSize;
        for (int i = 0; i < count; i++)
        {
            int keyLength = bytes[at];
            string key = Encoding.ASCII.GetString(bytes, at + 1, keyLength);
            at += 1 + keyLength;
            bool present = bytes[at] == 1;
            int length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 1));
            at += 5;
            ReadOnlyMemory<byte>? value = null;
            if (present)
                value = bytes.AsMemory(at, length);
            changes.Add(new StoreChange(key, value));
            at += length;
        }
        return changes;
    }
}
