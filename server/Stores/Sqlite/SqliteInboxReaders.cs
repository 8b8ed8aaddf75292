using System.Collections.Concurrent;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>Connections that only read, beside the writer: who reads waits for no disk.</summary>
internal sealed class SqliteInboxReaders : IDisposable
{
    // As many as processors that the figures of the design count on.
    private const int Count = 2;

    private readonly SemaphoreSlim _free = new(Count);
    private readonly ConcurrentBag<Reader> _readers = [];

    internal SqliteInboxReaders(string path, TimeProvider time)
    {
        for (int i = 0; i < Count; i++)
            _readers.Add(new Reader(path, time));
    }

    /// <summary>Reads an inbox; empty if there is none.</summary>
    internal async Task<InboxContent> ReadAsync(InboxId inbox, DeviceId device, int limit, int maxBytes)
    {
        await _free.WaitAsync();
        try
        {
            if (!_readers.TryTake(out Reader? reader))
                throw new InvalidOperationException("A place is free, but no reader.");
            try
            {
                return reader.Read(inbox, device, limit, maxBytes);
            }
            finally
            {
                _readers.Add(reader);
            }
        }
        finally
        {
            _free.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Reader reader in _readers)
            reader.Dispose();
    }

    private sealed class Reader : IDisposable
    {
        private readonly TimeProvider _time;
        private readonly Database _database;
        private readonly Statement _begin, _end, _inbox, _progress, _oldest, _messages;

        internal Reader(string path, TimeProvider time)
        {
            _time = time;
            _database = Database.Open(path);
            _database.Execute("PRAGMA query_only = ON; PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY");
            _begin = _database.Prepare("BEGIN");
            _end = _database.Prepare("COMMIT");
            _inbox = _database.Prepare("SELECT id, next FROM inbox WHERE recipient = ? AND channel = ?");
            _progress = _database.Prepare("SELECT acked FROM progress WHERE inbox = ? AND device = ?");
            _oldest = _database.Prepare(
                "SELECT seq FROM message WHERE inbox = ? AND live = 1 AND expires > ? ORDER BY seq LIMIT 1");
            _messages = _database.Prepare("""
                SELECT seq, message, time, payload FROM message
                WHERE inbox = ? AND live = 1 AND seq > ? AND expires > ? ORDER BY seq LIMIT ?
                """);
        }

        internal InboxContent Read(InboxId inbox, DeviceId device, int limit, int maxBytes)
        {
            _begin.Run();
            try
            {
                if (!TryFind(inbox, out long id, out long next))
                    return new InboxContent([], 1, 0);
                long now = _time.GetUtcNow().ToUnixTimeMilliseconds();
                long acked = One(_progress.Bind(1, id).Bind(2, device.ToArray()), 0);
                long oldest = One(_oldest.Bind(1, id).Bind(2, now), next);
                return new InboxContent(ReadMessages(id, acked, now, limit, maxBytes), oldest, next - 1);
            }
            finally
            {
                _end.Run();
            }
        }

        public void Dispose() => _database.Dispose();

        private bool TryFind(InboxId inbox, out long id, out long next)
        {
            (id, next) = (0, 1);
            _inbox.Bind(1, inbox.Recipient.ToArray()).Bind(2, inbox.Channel.ToArray());
            if (!_inbox.Step())
                return false;
            (id, next) = (_inbox.Long(0), _inbox.Long(1));
            _inbox.Reset();
            return true;
        }

        private List<InboxMessage> ReadMessages(long inbox, long acked, long now, int limit, int maxBytes)
        {
            List<InboxMessage> messages = [];
            _messages.Bind(1, inbox).Bind(2, acked).Bind(3, now).Bind(4, limit);
            int left = maxBytes;
            while (_messages.Step())
            {
                ReadOnlySpan<byte> payload = _messages.Blob(3);
                left -= payload.Length;
                if (left < 0 && messages.Count > 0)
                {
                    _messages.Reset();
                    break;
                }

                _ = MessageId.TryRead(_messages.Blob(1, MessageId.Size), out MessageId id);
                messages.Add(new InboxMessage(_messages.Long(0), id, _messages.Long(2), payload.ToArray()));
            }

            return messages;
        }

        private static long One(Statement statement, long otherwise)
        {
            if (!statement.Step())
                return otherwise;
            long value = statement.Long(0);
            statement.Reset();
            return value;
        }
    }
}
