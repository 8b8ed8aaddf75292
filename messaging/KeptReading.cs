using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>Takes a kept record.</summary>
/// <param name="id">Its id.</param>
/// <param name="record">The record.</param>
public delegate void KeptRecordTaker(in GossipId id, in GossipRecord record);

/// <summary>
/// Kept records that are read a few at a time, between other work: there may be as many as the disk holds, and each may
/// cost the check of a signature or of a certificate.
/// </summary>
public sealed class KeptReading : IDisposable
{
    /// <summary>Records at a time: less than a tenth of a second on a slow router. Arbitrary.</summary>
    internal const int AtOnce = 32;

    private readonly Queue<IEnumerator<(GossipId Id, byte[] Bytes)>> _left = [];

    /// <summary>Nothing is left to be read.</summary>
    public bool IsOver => _left.Count == 0;

    /// <summary>Records to be read after those that are left.</summary>
    public void Add(IEnumerable<(GossipId Id, byte[] Bytes)> records) => _left.Enqueue(records.GetEnumerator());

    /// <summary>Reads some of them.</summary>
    /// <param name="take">Takes each.</param>
    /// <param name="hasRoom">False where no more can be taken now.</param>
    public void Read(KeptRecordTaker take, Func<bool> hasRoom)
    {
        for (int read = 0; read < AtOnce && hasRoom()
            && _left.TryPeek(out IEnumerator<(GossipId Id, byte[] Bytes)>? records); read++)
        {
            if (!records.MoveNext())
            {
                _left.Dequeue();
                records.Dispose();
            }
            else if (GossipRecord.TryRead(records.Current.Bytes, out GossipRecord record))
            {
                take(records.Current.Id, record);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IEnumerator<(GossipId Id, byte[] Bytes)> records in _left)
            records.Dispose();
        _left.Clear();
    }
}
