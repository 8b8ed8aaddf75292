using System.Security.Cryptography;
using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>A commit that this member has followed, kept or made.</summary>
/// <param name="Child">The state that it leads to.</param>
/// <param name="Parent">The state that it was made on.</param>
/// <param name="Number">The number of the child's epoch.</param>
/// <param name="MessageHash">The first 16 bytes of the SHA-256 hash of its message.</param>
/// <param name="IsOwn">Whether this member made it.</param>
internal sealed record CommitRecord(StateId Child, StateId Parent, ulong Number, UInt128 MessageHash, bool IsOwn);

/// <summary>
/// The commits of the recent past, so that one that comes again is told from one that competes, and so that no state is
/// made twice: its ratchets would begin anew.
/// </summary>
internal sealed class CommitLog
{
    private readonly List<CommitRecord> _records = [];

    /// <summary>The state that the newest commit led to; null if there is no commit.</summary>
    internal StateId? Newest => _records.Count == 0 ? null : _records[^1].Child;

    internal static UInt128 HashOf(ReadOnlySpan<byte> message)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    internal CommitRecord? FindMessage(UInt128 hash) => _records.Find(r => r.MessageHash == hash);

    internal CommitRecord? FindChild(StateId child) => _records.Find(r => r.Child == child);

    /// <summary>The state of a number on the way back from another; null if the way is not known so far.</summary>
    internal StateId? FindParent(ulong number, StateId from)
    {
        for (int i = 0; i < _records.Count && FindChild(from) is { } record; i++)
        {
            if (record.Number == number + 1)
                return record.Parent;
            from = record.Parent;
        }
        return null;
    }

    internal int ChildrenOf(StateId parent) => _records.Count(r => r.Parent == parent);

    internal void Add(CommitRecord record) => _records.Add(record);

    /// <summary>Takes over what another log knows, as older than what is here.</summary>
    internal void AddAll(CommitLog older) =>
        _records.InsertRange(0, older._records.Where(r => FindChild(r.Child) is null));

    /// <summary>Whether a state lies on the way back from another; a state lies on its own.</summary>
    internal bool IsAncestor(StateId ancestor, StateId of)
    {
        // Bounded, although no record can be its own ancestor.
        for (int i = 0; i <= _records.Count; i++)
        {
            if (ancestor == of)
                return true;
            if (FindChild(of) is not { } record)
                return false;
            of = record.Parent;
        }
        return false;
    }

    /// <summary>Forgets the oldest beyond a number; never one whose parent can still take commits.</summary>
    internal void Trim(int keep, Func<StateId, bool> takesCommits)
    {
        for (int i = 0; _records.Count > keep && i < _records.Count;)
        {
            if (takesCommits(_records[i].Parent))
                i++;
            else
                _records.RemoveAt(i);
        }
    }

    // uint32 count; each: child[32], parent[32], uint64 number, message hash[16], bool own
    internal void Write(MlsWriter writer)
    {
        writer.UInt32((uint)_records.Count);
        foreach (CommitRecord record in _records)
        {
            record.Child.Write(writer.Take(StateId.Size));
            record.Parent.Write(writer.Take(StateId.Size));
            writer.UInt64(record.Number);
            writer.UInt64((ulong)(record.MessageHash >> 64));
            writer.UInt64((ulong)record.MessageHash);
            writer.Presence(record.IsOwn);
        }
    }

    internal static CommitLog? Read(ref MlsReader reader)
    {
        if (!reader.TryReadUInt32(out uint count))
            return null;
        CommitLog log = new();
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryReadBytes(StateId.Size, out ReadOnlySpan<byte> child)
                || !reader.TryReadBytes(StateId.Size, out ReadOnlySpan<byte> parent)
                || !reader.TryReadUInt64(out ulong number)
                || !reader.TryReadUInt64(out ulong high) || !reader.TryReadUInt64(out ulong low)
                || !reader.TryReadPresence(out bool own))
            {
                return null;
            }
            log.Add(new CommitRecord(new StateId(child), new StateId(parent), number, new UInt128(high, low), own));
        }
        return log;
    }
}
