using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation.Appointments;

/// <summary>A record as it travels; its signature is checked once, for bytes do not change on the way.</summary>
internal sealed class MeshRecord
{
    /// <summary>Takes bytes from wherever they come.</summary>
    internal MeshRecord(byte[] bytes, int author, FappRecordType type, ulong place, ulong sequence)
    {
        (Bytes, Author, Sequence, Type) = (bytes, author, sequence, type);
        Key = (ulong)author << 32 | (ulong)type << 24 | place;
        IsSound = GossipRecord.TryRead(bytes, out GossipRecord gossip)
            && FappRecord.TryRead(gossip, out FappRecord read) && read.Verify();
    }

    internal byte[] Bytes { get; }

    /// <summary>The number of its author.</summary>
    internal int Author { get; }

    internal FappRecordType Type { get; }

    internal ulong Sequence { get; }

    /// <summary>Author, type and place: the newest of each counts.</summary>
    internal ulong Key { get; }

    /// <summary>It parses, and its author signed it.</summary>
    internal bool IsSound { get; }

    /// <summary>A node's store takes it; false: it refuses it, or nobody signed it.</summary>
    internal bool IsTakenBy(RegionStore store, FappTime now) => IsSound
        && GossipRecord.TryRead(Bytes, out GossipRecord gossip)
        && FappRecord.TryRead(gossip, out FappRecord read) && store.Take(read, now, out _) != Taking.Refused;

    /// <summary>The same record with a byte changed.</summary>
    internal MeshRecord Altered(Random random)
    {
        byte[] bytes = [.. Bytes];
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        return new MeshRecord(bytes, Author, Type, Key & 0xFF_FFFF, Sequence);
    }
}
