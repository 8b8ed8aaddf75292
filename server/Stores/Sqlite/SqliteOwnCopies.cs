using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>
/// What owners of inboxes put there for their other devices, and what of it gives way; on the writer's thread.
/// </summary>
internal sealed class SqliteOwnCopies(Database database)
{
    private readonly Statement _oldest = database.Prepare("""
        SELECT id, length(payload) FROM message WHERE inbox = ? AND live = 1 AND sender = ? ORDER BY seq
        """);

    private readonly Statement _settle = database.Prepare("UPDATE message SET live = 0, payload = x'' WHERE id = ?");

    /// <summary>Drops the oldest ones: so many at least, and so many bytes.</summary>
    internal void Drop(InboxState inbox, int messages, long bytes)
    {
        List<(long Row, long Size)> dropped = [];
        long size = 0;
        _oldest.Bind(1, inbox.Row).Bind(2, inbox.Id.Recipient.ToArray());
        while ((dropped.Count < messages || size < bytes) && _oldest.Step())
        {
            dropped.Add((_oldest.Long(0), _oldest.Long(1)));
            size += dropped[^1].Size;
        }

        _oldest.Reset();
        foreach ((long row, long length) in dropped)
        {
            _settle.Bind(1, row).Run();
            inbox.Count(inbox.Id.Recipient, -1, -length);
        }
    }
}
