using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Gossip records: what may stand between Begin and Commit, like the rest.
public sealed partial class MeshStore
{
    /// <summary>
    /// Keeps a gossip record, or only its id. Where the disk is nearly full a record of others is not kept: it is
    /// fetched again after a restart.
    /// </summary>
    /// <param name="id">Its id.</param>
    /// <param name="row">What is kept beside it.</param>
    /// <param name="record">Its bytes; empty for the id alone.</param>
    public void PutGossip(in GossipId id, in GossipRow row, ReadOnlySpan<byte> record)
    {
        if (_options.Durability == Durability.Memory
            || !_space.TryTake(record.Length, row.IsMine ? Claim.Contacts : Claim.Others))
            return;
        Span<byte> name = stackalloc byte[GossipId.Size];
        id.Write(name);
        Sqlite.Statement put = _statements.PutGossip
            .Bind(1, name).Bind(2, _running.Seconds - (long)row.Age.TotalSeconds)
            .Bind(3, _running.End(row.LifetimeLeft))
            .Bind(4, unchecked((long)row.Source)).Bind(5, row.IsChosen ? 1 : 0).Bind(6, row.IsMine ? 1 : 0);
        if (record.IsEmpty)
            put.BindNull(7);
        else
            put.Bind(7, record);
        put.Run();
    }

    /// <summary>Forgets a gossip record and its id; nothing happens if there is none.</summary>
    public void DeleteGossip(in GossipId id)
    {
        Span<byte> name = stackalloc byte[GossipId.Size];
        id.Write(name);
        _statements.DeleteGossip.Bind(1, name).Run();
    }
}
