using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Conversations as people see them: lists, settings, search.
public sealed partial class StoreReader
{
    private readonly Statement _oldestWith;
    private readonly Statement _oldestInConversation;

    /// <summary>The conversations that have messages, whoever wrote last first; requests are none.</summary>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<StoredSummary> Summaries(int limit)
    {
        var found = new List<StoredSummary>();
        foreach ((ConversationId conversation, int count, int unread, EnvelopeId newest) in ReadAll(
            "message",
            "SELECT kind, conversation, peer, count(*), sum(unread), id, max(seq) FROM message WHERE request = 0 "
            + "GROUP BY kind, conversation, CASE WHEN conversation IS NULL THEN peer END "
            + $"ORDER BY max(seq) DESC LIMIT {Math.Max(0, limit)}",
            row => (
                ReadId(row, 0, 1) ?? ConversationId.With(NodeAddress.Read(row.Blob(2, NodeAddress.Size))),
                (int)row.Long(3),
                (int)row.Long(4), EnvelopeId.Read(row.Blob(5, EnvelopeId.Size)))))
        {
            lock (_gate)
            {
                if (ReadMessages(_message.Bind(1, newest), tolerant: true) is [var message])
                    found.Add(new StoredSummary(conversation, count, unread, message));
            }
        }

        return found;
    }

    /// <summary>What is set for conversations.</summary>
    public IReadOnlyList<StoredSetting> Settings() => ReadAll(
        "setting", "SELECT kind, id, timer, revision, muted FROM setting", row => new StoredSetting(
            ReadId(row, 0, 1) ?? throw NoId(), (ushort)Bounded(row, 2, ushort.MaxValue),
            (ushort)Bounded(row, 3, ushort.MaxValue), row.Long(4) != 0));

    /// <summary>
    /// The newest messages that somebody looks for, newest first. Every text is decrypted for it: there is no index of
    /// words that a thief could read.
    /// </summary>
    /// <param name="conversation">Only those of this one; null for all.</param>
    /// <param name="matches">What is looked for.</param>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<StoredMessage> Search(
        ConversationId? conversation, Func<StoredMessage, bool> matches, int limit)
    {
        IEnumerable<StoredMessage> newest =
            conversation is not { } wanted ? NewestMessages(null, null)
            : wanted.IsDirect ? NewestMessages(wanted.AsPeer, null)
            : NewestMessages(wanted, null);
        return [.. newest.Where(m => !m.IsDamaged && matches(m)).Take(limit)];
    }

    /// <summary>Values whose names begin alike, with their names; damaged ones are left out.</summary>
    public IReadOnlyList<(byte[] Name, byte[] Value)> FindValues(ReadOnlySpan<byte> prefix)
    {
        byte[] begin = prefix.ToArray();
        var found = new List<(byte[] Name, byte[] Value)>();
        foreach (byte[] name in ReadAll("value", "SELECT name FROM value ORDER BY name", row => row.Blob(0).ToArray()))
        {
            if (name.AsSpan().StartsWith(begin) && TryFindValue(name) is { } value)
                found.Add((name, value));
        }

        return found;
    }
}
