using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>
/// A signed record that came as the answer to a query. Gossip brings no second one to where only radios reach, so it
/// is kept here.
/// </summary>
/// <param name="came">When it came, in running seconds: its age goes on after a restart.</param>
/// <param name="bytes">The whole gossip record.</param>
internal sealed class FoundRecord(long came, byte[] bytes) : IStoredItem
{
    /// <summary>Records kept; arbitrary: what some ten answers bring.</summary>
    internal const int MaxFound = 64;

    private const int KeySize = 15;
    private const byte Version = 1;

    internal long Came { get; } = came;

    internal byte[] Bytes { get; } = bytes;

    /// <inheritdoc/>
    public ItemKind Kind => ItemKind.Found;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Key => GossipRecord.TryRead(Bytes, out GossipRecord gossip)
        && FappRecord.TryRead(gossip, out FappRecord read) ? KeyOf(read) : new byte[KeySize];

    /// <summary>The newest of each type, author and place is kept.</summary>
    internal static byte[] KeyOf(in FappRecord read)
    {
        Span<byte> place = stackalloc byte[1 + Ed25519.PublicKeySize + sizeof(ulong)];
        place[0] = (byte)read.Type;
        read.Author.CopyTo(place[1..]);
        BinaryPrimitives.WriteUInt64BigEndian(place[(1 + Ed25519.PublicKeySize)..], read.Place);
        return SHA256.HashData(place)[..KeySize];
    }

    /// <inheritdoc/>
    public byte[] Encode() => new RowWriter().Number(Version).Signed(Came).Bytes(Bytes).ToArray();

    /// <summary>Takes back one that was kept; null if the row is damaged.</summary>
    internal static FoundRecord? TryDecode(ReadOnlySpan<byte> row)
    {
        var reader = new RowReader(row);
        if (reader.Number() != Version)
            return null;
        var found = new FoundRecord(reader.Signed(), reader.Bytes());
        return reader.IsDone && GossipRecord.TryRead(found.Bytes, out GossipRecord gossip)
            && FappRecord.TryRead(gossip, out _) ? found : null;
    }
}
