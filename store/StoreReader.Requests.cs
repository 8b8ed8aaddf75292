using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Requests of strangers.
public sealed partial class StoreReader
{
    private readonly Statement _newestRequest;
    private readonly Statement _underWay;
    private readonly Statement _underWayInConversation;

    /// <summary>The strangers who wrote, whoever wrote last first.</summary>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<StoredRequests> Requests(int limit)
    {
        var found = new List<StoredRequests>();
        foreach ((NodeAddress peer, int count, long bytes, DateTimeOffset first) in ReadAll(
            "message",
            $"SELECT peer, count(*), sum({MessageShares.CostInSql}), min(created) FROM message WHERE request = 1 "
            + $"GROUP BY peer ORDER BY max(seq) DESC LIMIT {Math.Max(0, limit)}",
            row => (NodeAddress.Read(row.Blob(0, NodeAddress.Size)), (int)row.Long(1), row.Long(2), Time(row.Long(3)))))
        {
            lock (_gate)
            {
                if (ReadMessages(_newestRequest.Bind(1, peer), tolerant: true) is [var newest])
                    found.Add(new StoredRequests(peer, count, bytes, first, newest));
            }
        }

        return found;
    }

    /// <summary>The messages of this node to another that are not final yet.</summary>
    public IReadOnlyList<EnvelopeId> UnderWay(in NodeAddress to)
    {
        lock (_gate)
            return ReadIds(_underWay.Bind(1, to));
    }

    /// <summary>The messages of this node in a conversation with an id of its own that are not final yet.</summary>
    public IReadOnlyList<EnvelopeId> UnderWay(ConversationId conversation)
    {
        lock (_gate)
            return ReadIds(Named(_underWayInConversation, conversation));
    }

    private static List<EnvelopeId> ReadIds(Statement rows)
    {
        var ids = new List<EnvelopeId>();
        while (rows.Step())
        {
            if (rows.Blob(0).Length == EnvelopeId.Size)
                ids.Add(EnvelopeId.Read(rows.Blob(0)));
        }

        return ids;
    }

    /// <summary>Who is known, and who was refused.</summary>
    internal IReadOnlyList<(NodeAddress Peer, Standing Standing)> Standings() => ReadAll(
        "peer", "SELECT address, standing FROM peer",
        row => (NodeAddress.Read(row.Blob(0, NodeAddress.Size)), Named(row.Long(1))));

    /// <summary>Nodes that the owner blocked, in the order of their addresses.</summary>
    public IReadOnlyList<NodeAddress> Blocked() => ReadAll(
        "peer", $"SELECT address FROM peer WHERE standing = {(int)Standing.Blocked} ORDER BY address",
        row => NodeAddress.Read(row.Blob(0, NodeAddress.Size)));

    /// <summary>
    /// A message was dropped because its sender was blocked then: it does not come when the sender is heard again.
    /// </summary>
    public bool IsDropped(in EnvelopeId id)
    {
        Span<byte> mark = stackalloc byte[RowCipher.MarkSize];
        lock (_gate)
        {
            _cipher.Mark(id, mark);
            _dropped.Bind(1, mark);
            bool found = _dropped.Step();
            _dropped.Reset();
            return found;
        }
    }

    private static Standing Named(long standing) => standing is > (long)Standing.Stranger and <= (long)Standing.Blocked
        ? (Standing)standing
        : throw new StoreException(StoreError.Corrupt, "What a node is to the owner is damaged in the store.");

    /// <summary>What a node is to the owner, as committed.</summary>
    public Standing StandingOf(in NodeAddress peer) => PeerStandings.Committed(peer);
}
