using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Gossip records.
public sealed partial class StoreReader
{
    private readonly Statement _gossip;

    /// <summary>The bytes of a gossip record; null if there are none.</summary>
    /// <exception cref="StoreException">The row is damaged, or the disk fails.</exception>
    public byte[]? FindGossip(in GossipId id)
    {
        Span<byte> name = stackalloc byte[GossipId.Size];
        id.Write(name);
        lock (_gate)
        {
            _gossip.Bind(1, name);
            if (!_gossip.Step())
                return null;
            try
            {
                return _gossip.IsNull(0) ? null : CheckedRecord(id, _gossip.Blob(0)).ToArray();
            }
            finally
            {
                _gossip.Reset();
            }
        }
    }

    /// <summary>
    /// Goes through all gossip records and remembered ids, for a restart. A row that is damaged is left out.
    /// </summary>
    public void ReadGossip(GossipRowReader reader) => _ = ReadAll(
        "gossip", "SELECT id, seen, expires, source, chosen, mine, record FROM gossip ORDER BY seen", row =>
        {
            GossipId id = GossipId.Read(row.Blob(0, GossipId.Size));
            long age = Math.Max(0, RunningTime.Seconds - row.Long(1));
            var kept = new GossipRow(
                TimeSpan.FromSeconds(Math.Min(age, int.MaxValue)), RunningTime.Left(row.Long(2)),
                unchecked((ulong)row.Long(3)),
                row.Long(4) != 0, row.Long(5) != 0);
            reader(id, kept, row.IsNull(6) ? [] : CheckedRecord(id, row.Blob(6)));
            return 0;
        });

    // The id covers every byte, so it tells damage.
    private static ReadOnlySpan<byte> CheckedRecord(in GossipId id, ReadOnlySpan<byte> record) =>
        GossipId.Of(record) == id ? record
            : throw new StoreException(StoreError.Corrupt, "A gossip record in the store is damaged.");
}
