using System.Buffers.Binary;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>
/// The epochs that a group still reads, the one to send in first. Where there are too many, the member who began most
/// of them loses its oldest: nobody can push the others' epochs out by beginning his own. One that was given up while
/// an older one stays, which could bring it back with all its keys unused, is remembered and not taken again; where
/// there are too many of those, no more are taken from who begins so many.
/// </summary>
internal sealed class EpochList : IDisposable
{
    /// <summary>Epochs remembered as given up; arbitrary.</summary>
    internal const int MaxGivenUp = 32;

    private readonly List<LiteEpoch> _kept = [];
    private readonly List<(uint Number, ulong Id)> _givenUp = [];

    internal LiteEpoch Sending => _kept[0];

    internal IReadOnlyList<LiteEpoch> Kept => _kept;

    internal IReadOnlyList<(uint Number, ulong Id)> GivenUp => _givenUp;

    internal LiteEpoch? Find(ReadOnlySpan<byte> id)
    {
        foreach (LiteEpoch epoch in _kept)
        {
            if (epoch.Id.SequenceEqual(id))
                return epoch;
        }

        return null;
    }

    internal bool WasGivenUp(LiteEpoch epoch) => _givenUp.Contains((epoch.Number, Short(epoch)));

    /// <summary>Takes an epoch that is not here yet; it may be the one that has to go.</summary>
    internal void Add(LiteEpoch epoch)
    {
        _kept.Add(epoch);
        _kept.Sort((a, b) => a == b ? 0 : a.WinsOver(b) ? -1 : 1);
        if (_kept.Count <= 1 + LiteConstants.PastEpochs)
            return;
        int victim = Victim(), oldest = _kept.Count - 1;
        if (victim == oldest || _givenUp.Count < MaxGivenUp)
        {
            GiveUp(victim);
        }
        else if (_kept[victim].Beginner == epoch.Beginner)
        {
            _kept.Remove(epoch);
            epoch.Dispose();
        }
        else
        {
            GiveUp(oldest);
        }
    }

    /// <summary>Puts one back that was stored; in order.</summary>
    internal void Restore(LiteEpoch epoch) => _kept.Add(epoch);

    internal void RestoreGivenUp(uint number, ulong id) => _givenUp.Add((number, id));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LiteEpoch epoch in _kept)
            epoch.Dispose();
        _kept.Clear();
    }

    private static ulong Short(LiteEpoch epoch) => BinaryPrimitives.ReadUInt64BigEndian(epoch.Id);

    private int Victim()
    {
        int victim = 0, most = 0;
        for (int i = _kept.Count - 1; i >= 0; i--)
        {
            int begun = _kept.FindAll(e => e.Beginner == _kept[i].Beginner).Count;
            if (begun > most)
                (victim, most) = (i, begun);
        }

        return victim;
    }

    private void GiveUp(int at)
    {
        LiteEpoch epoch = _kept[at];
        _kept.RemoveAt(at);
        if (at < _kept.Count)
            _givenUp.Add((epoch.Number, Short(epoch)));
        epoch.Dispose();
        // No epoch carries one of a lower number.
        _givenUp.RemoveAll(g => g.Number < _kept[^1].Number);
    }
}
