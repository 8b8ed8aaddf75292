using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// The resumption PSKs of the recent past (RFC 9420, section 8.6). A PSK is named by the number of its epoch, which
/// siblings share, so the state that asks tells which is meant.
/// </summary>
internal sealed class ResumptionPsks : IDisposable
{
    private readonly List<(ulong Number, StateId State, byte[] Psk)> _psks = [];

    internal bool ContainsKey(ulong epoch) => _psks.Exists(p => p.Number == epoch);

    /// <summary>Keeps the PSK of a state, copying it.</summary>
    internal void Add(GroupEpoch state)
    {
        if (!_psks.Exists(p => p.State == state.Id && p.Number == state.Number))
            _psks.Add((state.Number, state.Id, (byte[])state.Secrets.ResumptionPsk.Clone()));
    }

    /// <summary>Takes over what another collection holds.</summary>
    internal void AddAll(ResumptionPsks others)
    {
        foreach ((ulong number, StateId state, byte[] psk) in others._psks)
        {
            if (!_psks.Exists(p => p.State == state && p.Number == number))
                _psks.Add((number, state, (byte[])psk.Clone()));
        }
    }

    /// <summary>
    /// A copy of the PSK of an epoch on the way back from a state, or, where the way is not known, of the newest state
    /// of that number; null if there is none.
    /// </summary>
    internal byte[]? Find(ulong epoch, StateId from, CommitLog log)
    {
        byte[]? found = null;
        foreach ((ulong number, StateId state, byte[] psk) in _psks)
        {
            if (number != epoch)
                continue;
            found = psk;
            if (log.IsAncestor(state, from))
                break;
        }
        return (byte[]?)found?.Clone();
    }

    /// <summary>Forgets the oldest beyond a number.</summary>
    internal void Trim(int keep)
    {
        while (_psks.Count > keep)
        {
            Secrets.Zero(_psks[0].Psk);
            _psks.RemoveAt(0);
        }
    }

    public void Dispose() => Trim(0);

    // uint32 count; each: uint64 epoch, state[32], psk<V>
    internal void Write(MlsWriter writer)
    {
        writer.UInt32((uint)_psks.Count);
        foreach ((ulong number, StateId state, byte[] psk) in _psks)
        {
            writer.UInt64(number);
            state.Write(writer.Take(StateId.Size));
            writer.Vector(psk);
        }
    }

    internal static ResumptionPsks? Read(ref MlsReader reader)
    {
        if (!reader.TryReadUInt32(out uint count))
            return null;
        ResumptionPsks psks = new();
        for (uint i = 0; i < count; i++)
        {
            if (!reader.TryReadUInt64(out ulong number)
                || !reader.TryReadBytes(StateId.Size, out ReadOnlySpan<byte> state)
                || !reader.TryReadVector(out ReadOnlyMemory<byte> psk))
            {
                return null;
            }
            psks._psks.Add((number, new StateId(state), psk.ToArray()));
        }
        return psks;
    }
}
