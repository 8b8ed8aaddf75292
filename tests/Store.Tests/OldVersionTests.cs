using System.Text.Json.Nodes;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>
/// Data directories that earlier versions of the program wrote, and were killed over: a log is left. Beside each is
/// what that version itself said was in it.
/// </summary>
public sealed class OldVersionTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void What_version_3_wrote_is_all_there_after_the_migration()
    {
        (MeshStore store, JsonNode expected) = OpenCopy("version3");
        StoreReader reader = store.Reader;

        IReadOnlyList<StoredMessage> messages = reader.FindMessages(null, 1000);
        JsonArray said = expected["messages"]!.AsArray();
        Assert.Equal(said.Select(m => (string)m!["id"]!), messages.Select(m => m.Id.ToString()));
        for (int i = 0; i < said.Count; i++)
            CheckMessage(said[i]!, messages[i]);
        Assert.Equal(
            expected["aliases"]!.AsArray().Select(a => ((string)a!["alias"]!, (string)a["address"]!)).Order(),
            reader.Aliases().Select(a => (a.Key, a.Value.ToString())).Order());

        IReadOnlyList<StoredEnvelope> held = reader.Envelopes();
        Assert.Equal(((int)expected["queue"]!["count"]!, (long)expected["queue"]!["bytes"]!),
            (held.Count, held.Sum(e => (long)e.Size)));
        Assert.Equal(2, held.Count(e => e.Holding.Originated && e.Holding.ReceiptProof.Length == Receipt.ProofSize));
        Assert.All(held, e =>
        {
            Assert.True(Envelope.TryRead(reader.FindEnvelope(e.Id), out Envelope envelope));
            Assert.Equal((e.Id, e.Size), (envelope.ComputeId(), envelope.Bytes.Length));
            Assert.InRange(e.Holding.LifetimeLeft, TimeSpan.FromDays(6), TimeSpan.FromDays(7));
        });

        string group = (string)Assert.Single(expected["groups"]!.AsArray())!["id"]!;
        (ConversationId id, byte[] state) = Assert.Single(reader.Conversations(EnvelopeKind.MlsLite));
        Assert.Equal(group, id.ToString());
        Assert.InRange(state.Length, 100, 8000);
        Assert.Equal([MessageState.Forwarded, MessageState.Delivered], reader.CopiesUnderWay()
            .Select(c => c.State).Order());
        Assert.Null(Assert.Single(reader.Waiting(EnvelopeKind.MlsLite)).Conversation);
        Assert.InRange(reader.Seen().Count, 64, 1000);
        Assert.Equal(3, reader.Announces().Count);
        Assert.True(reader.Sequence() > 0);
        Assert.Equal(0, store.Damage.Rows);
    }

    [Fact]
    public void What_version_4_wrote_is_all_there_after_the_migration()
    {
        (MeshStore store, JsonNode expected) = OpenCopy("version4");
        CheckVersion4(store, expected);
        // Work goes on, and another start finds nothing to migrate.
        Write(store, s => s.Insert(Probe.Samples.Message(1)));
        Assert.Equal(1, store.Reader.FindMessages(null, 1000).Count - expected["messages"]!.AsArray().Count);
    }

    [Fact]
    public void A_migration_to_version_5_that_is_cut_off_anywhere_leaves_version_4_intact()
    {
        string step = Schema.Migrations[4];
        int[] cuts = [.. step.Split("DROP TABLE")[1..]
            .Select(p => step.IndexOf(p, StringComparison.Ordinal) + p.IndexOf(';') + 1), step.Length];
        CutOff("version4", step, cuts, static old =>
        {
            Assert.Equal(4, old.Query("PRAGMA user_version"));
            Assert.Equal((1, 4, 5, 1),
                (Rows(old, "lite_group"), Rows(old, "lite_copy"), Rows(old, "lite_seen"), Rows(old, "lite_waiting")));
        }, CheckVersion4);
    }

    [Fact]
    public void What_version_5_wrote_is_all_there_after_the_migration_and_counts_as_read()
    {
        (MeshStore store, JsonNode expected) = OpenCopy("version5");
        CheckVersion5(store, expected);
        Write(store, s => s.Insert(Probe.Samples.Message(1)));
        Assert.Equal(1, store.Reader.FindMessages(null, 1000).Count - expected["messages"]!.AsArray().Count);
    }

    [Fact]
    public void What_version_6_wrote_is_all_there_after_the_migration_with_what_was_done_to_it()
    {
        (MeshStore store, JsonNode expected) = OpenCopy("version6");
        CheckVersion6(store, expected);
        int records = 0;
        store.Reader.ReadGossip((in GossipId _, in GossipRow _, ReadOnlySpan<byte> _) => records++);
        Assert.Equal(0, records);
        Write(store, s => s.Insert(Probe.Samples.Message(1)));
        Assert.Equal(1, store.Reader.FindMessages(null, 1000).Count - expected["messages"]!.AsArray().Count);
    }

    [Fact]
    public void What_version_9_wrote_is_all_there_after_the_migration_and_a_cut_off_one_leaves_it_intact()
    {
        (MeshStore store, JsonNode expected) = OpenCopy("version9");
        CheckVersion9(store, expected);
        Assert.Equal(3, store.Reader.CopiesUnderWay().Count);
        Write(store, s =>
        {
            s.PutPiece(store.Reader.Conversations(EnvelopeKind.Mls)[0].Id, 0, [1], spent: false);
            s.Insert(Probe.Samples.Message(1) with
            { Outgoing = true, State = MessageState.Queued, Envelope = Probe.Samples.Id(2) });
        });
        Assert.Single(store.Reader.Pieces(EnvelopeKind.Mls));
        Assert.Contains(
            new StoredCopy(EnvelopeKind.Mls, Probe.Samples.Id(2), Probe.Samples.Id(1), MessageState.Queued),
            store.Reader.CopiesUnderWay());
        Write(store, s => s.UpdateState(Probe.Samples.Id(1), MessageState.Delivered, 0, 1, DateTimeOffset.UnixEpoch));
        Assert.Equal(3, store.Reader.CopiesUnderWay().Count);
        _fixture.Close(store);
        string step = Schema.Migrations[9];
        int[] cuts = [.. Enumerable.Range(0, step.Length).Where(i => step[i] == ';').Select(i => i + 1)];
        Assert.Equal(3, cuts.Length);
        CutOff("version9", step, cuts, static old =>
        {
            Assert.Equal(9, old.Query("PRAGMA user_version"));
            Assert.Equal(0, old.Query("SELECT count(*) FROM sqlite_schema WHERE name = 'piece'"));
            Assert.Equal(0, old.Query("SELECT count(*) FROM pragma_table_info('message') WHERE name = 'envelope'"));
        }, CheckVersion9);
    }

    [Theory]
    [InlineData(6, "SELECT count(*) FROM pragma_table_info('message') WHERE name = 'extras'", 10, 20)]
    [InlineData(7, "SELECT count(*) FROM sqlite_schema WHERE name = 'gossip'", 1, 1)]
    public void A_migration_that_is_cut_off_anywhere_leaves_the_version_before_intact(
        int target, string findsNew, int least, int most)
    {
        string step = Schema.Migrations[target - 1];
        string input = $"version{target - 1}";
        int[] cuts = [.. Enumerable.Range(0, step.Length).Where(i => step[i] == ';').Select(i => i + 1)];
        Assert.InRange(cuts.Length, least, most);
        CutOff(input, step, cuts, old =>
        {
            Assert.Equal(target - 1, old.Query("PRAGMA user_version"));
            Assert.Equal(0, old.Query(findsNew));
        }, target == 6 ? CheckVersion5 : CheckVersion6);
    }

    [Theory]
    [InlineData("version3", 3)]
    [InlineData("version4", 4)]
    [InlineData("version5", 5)]
    [InlineData("version6", 6)]
    [InlineData("version9", 9)]
    [InlineData("version9-peer", 9)]
    public void The_input_is_what_its_name_says(string version, int schema)
    {
        string path = Path.Combine(Copy(version), MeshStore.FileName);
        Assert.True(new FileInfo(path + "-wal").Length > 0);
        using Database file = Database.Open(path);
        Assert.Equal(schema, file.Query("PRAGMA user_version"));
    }

    /// <summary>
    /// Runs a migration up to each of some places, without its end: what was there before is as it was.
    /// </summary>
    private void CutOff(
        string version, string step, int[] cuts, Action<Database> isAsBefore, Action<MeshStore, JsonNode> check)
    {
        foreach (int cut in cuts)
        {
            string directory = Copy(version, $"cut-{cut}");
            using Database file = Database.Open(Path.Combine(directory, MeshStore.FileName));
            // Hardly a page in memory: what is not committed stands in the log.
            file.Execute("PRAGMA cache_size = 1; PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE");
            file.Execute(step[..cut]);
            string after = Directory.CreateDirectory(Path.Combine(directory, "after")).FullName;
            foreach (string name in (string[])[MeshStore.FileName, MeshStore.FileName + "-wal", "identity.key",
                "expected.json"])
                CopyFile(Path.Combine(directory, name), Path.Combine(after, name));
            file.Execute("ROLLBACK");
            using (Database old = Database.Open(Path.Combine(after, MeshStore.FileName)))
                isAsBefore(old);
            (MeshStore store, JsonNode expected) = OpenIn(after);
            check(store, expected);
            _fixture.Close(store);
        }
    }

    private static long Rows(Database file, string table) => file.Query($"SELECT count(*) FROM {table}");

    private static void CheckVersion4(MeshStore store, JsonNode expected)
    {
        StoreReader reader = store.Reader;
        IReadOnlyList<StoredMessage> messages = reader.FindMessages(null, 1000);
        JsonArray said = expected["messages"]!.AsArray();
        Assert.Equal(said.Select(m => (string)m!["id"]!), messages.Select(m => m.Id.ToString()));
        for (int i = 0; i < said.Count; i++)
        {
            CheckMessage(said[i]!, messages[i]);
            Assert.Equal((bool?)said[i]!["request"] ?? false, messages[i].IsRequest);
        }

        ConversationId group = Assert.Single(reader.Conversations(EnvelopeKind.MlsLite)).Id;
        Assert.Equal((string)Assert.Single(expected["groups"]!.AsArray())!["id"]!, group.ToString());
        Assert.All(messages, m => Assert.Equal(m.Protection == 0 ? null : group, m.Conversation));
        Assert.Equal(messages.Where(m => m.Conversation == group), reader.FindMessages(group, 1000));
        Assert.Equal([MessageState.Queued, MessageState.Delivered], reader.CopiesUnderWay()
            .Select(c => c.State).Order());
        Assert.Null(Assert.Single(reader.Waiting(EnvelopeKind.MlsLite)).Conversation);
        Assert.Empty(reader.Waiting(EnvelopeKind.Mls));
        StoredMessage read = messages.First(m => m.Conversation == group && !m.Outgoing);
        Assert.Equal(2, messages.Count(m => m.IsRequest));
        Assert.Equal(Standing.Known, reader.StandingOf(read.Peer));
        JsonNode request = Assert.Single(expected["requests"]!.AsArray())!;
        StoredRequests requests = Assert.Single(reader.Requests(10));
        Assert.Equal(((string)request["address"]!, 2), (requests.Peer.ToString(), requests.Count));
        Assert.Equal((2, 4), (reader.Envelopes().Count, reader.Announces().Count));
        Assert.Equal(0, store.Damage.Rows);
    }

    private static void CheckVersion5(MeshStore store, JsonNode expected)
    {
        StoreReader reader = store.Reader;
        IReadOnlyList<StoredMessage> messages = reader.FindMessages(null, 1000);
        JsonArray said = expected["messages"]!.AsArray();
        Assert.Equal(said.Select(m => (string)m!["id"]!), messages.Select(m => m.Id.ToString()));
        for (int i = 0; i < said.Count; i++)
            CheckMessage(said[i]!, messages[i]);
        Assert.All(messages, m => Assert.Equal(
            (false, null, 0, 0, 0), (m.IsUnread, m.ExpiresIn, m.Extras.Length, m.Place.Length, m.Content.Length)));
        ConversationId group = Assert.Single(reader.Conversations(EnvelopeKind.MlsLite)).Id;
        Assert.Equal([MessageState.Queued, MessageState.Delivered], reader.CopiesUnderWay()
            .Select(c => c.State).Order());
        IReadOnlyList<StoredSummary> conversations = reader.Summaries(10);
        Assert.Equal(3, conversations.Count);
        Assert.Equal(messages.Count(m => m.Conversation == group), conversations.Single(c => c.Id == group).Count);
        Assert.All(conversations, c => Assert.Equal(0, c.Unread));
        Assert.Equal(2, Assert.Single(reader.Requests(10)).Count);
        Assert.Empty(reader.Settings());
        Assert.Equal(0, store.Damage.Rows);
    }

    private static void CheckVersion6(MeshStore store, JsonNode expected)
    {
        StoreReader reader = store.Reader;
        IReadOnlyList<StoredMessage> messages = reader.FindMessages(null, 1000);
        JsonArray said = expected["messages"]!.AsArray();
        Assert.Equal(said.Select(m => (string)m!["id"]!), messages.Select(m => m.Id.ToString()));
        ConversationId group = Assert.Single(reader.Conversations(EnvelopeKind.MlsLite)).Id;
        Assert.Equal((string)Assert.Single(expected["groups"]!.AsArray())!["id"]!, group.ToString());
        for (int i = 0; i < said.Count; i++)
        {
            StoredMessage message = messages[i];
            Assert.Equal(
                ((string)said[i]!["direction"]!, (string)said[i]!["state"]!),
                (message.Outgoing ? "out" : "in", message.State.ToString().ToLowerInvariant()));
            Assert.Equal((string)said[i]!["security"]! == "sealed", message.Conversation is null);
        }

        // A sign by each of two, and an edit; an answer, and a timer.
        Assert.Equal(said.Count(m => m!["reactions"] is not null || m["editedAt"] is not null),
            messages.Count(m => m.Extras.Length > 0));
        Assert.Equal(said.Count(m => (string)m!["content"]!["type"]! != "text"),
            messages.Count(m => m.Content.Length > 0 && m.Content.Span[0] != 0x81));
        Assert.Equal(60, messages[^1].Timer);
        JsonArray conversations = expected["conversations"]!.AsArray();
        Assert.Equal(conversations.Sum(c => (int)c!["unread"]!), reader.Summaries(10).Sum(c => c.Unread));
        Assert.Contains(reader.Settings(), s => s.Id == group && s.IsMuted);
        Assert.Contains(reader.Settings(), s => s.Timer == 60);
        Assert.Equal(2, Assert.Single(reader.Requests(10)).Count);
        Assert.Equal((int)expected["queue"]!["count"]!, reader.Envelopes().Count);
        Assert.Equal(0, store.Damage.Rows);
    }

    private static void CheckVersion9(MeshStore store, JsonNode expected)
    {
        StoreReader reader = store.Reader;
        Assert.Equal(
            expected["messages"]!.AsArray().Select(m => ((string)m!["id"]!, (string)m["text"]!)),
            reader.FindMessages(null, 1000).Select(static m => (m.Id.ToString(), m.Text)));

        // Keys and invitations, what is set, a pair, and a group.
        Assert.Equal(4, reader.Conversations(EnvelopeKind.Mls).Count);
        Assert.Contains(
            (string)Assert.Single(expected["groups"]!["groups"]!.AsArray())!["id"]!,
            reader.Conversations(EnvelopeKind.Mls).Select(static c => c.Id.ToString()));
        Assert.Empty(reader.Pieces(EnvelopeKind.Mls));
        Assert.Equal((int)expected["queue"]!["count"]!, reader.Envelopes().Count);
        Assert.Equal(0, store.Damage.Rows);
    }

    private static void CheckMessage(JsonNode said, StoredMessage message)
    {
        string state = (string)said["state"]!;
        Assert.Equal(
            ((string)said["text"]!, (string)said["direction"]!, state, (int?)said["hops"]
                ?? 0, (string)said["priority"]!),
            (message.Text, message.Outgoing ? "out" : "in", message.State.ToString().ToLowerInvariant(), message.Hops,
                message.Priority.ToString().ToLowerInvariant()));
        Assert.Equal((DateTimeOffset)said["createdAt"]!, message.CreatedAt);
        Assert.Equal((DateTimeOffset)said["updatedAt"]!, message.UpdatedAt);
        Assert.Equal((string)said["security"]! != "sealed", message.Conversation is not null);
        Assert.Equal((string)said["security"]! == "mls-lite-signed", message.Protection == (byte)2);
        Assert.Equal(((int?)said["recipients"] ?? 0, (int?)said["deliveredTo"] ?? 0),
            (message.Recipients, message.DeliveredTo));
        if (said["peer"] is { } peer)
            Assert.Equal((string)peer!, message.Peer.ToString());
        Assert.Equal(said["reason"] is null, message.Reason == 0);
    }

    private (MeshStore Store, JsonNode Expected) OpenCopy(string version) => OpenIn(Copy(version));

    private (MeshStore Store, JsonNode Expected) OpenIn(string directory)
    {
        using LocalIdentity identity = KeyFile.Load(Path.Combine(directory, "identity.key"));
        byte[] key = new byte[32];
        identity.DeriveKey("qpc-mesh/1 storage key"u8, key);
        return (_fixture.Open(key: key, directory: directory),
            JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "expected.json")))!);
    }

    private string Copy(string version, string? name = null)
    {
        string directory = Path.Combine(_fixture.Directory, name ?? version);
        Directory.CreateDirectory(directory);
        foreach (string file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Inputs", version)))
            CopyFile(file, Path.Combine(directory, Path.GetFileName(file)));

        return directory;
    }

    private static void CopyFile(string file, string copy)
    {
        // SQLite holds a lock on it, which does not concern a copy.
        using (var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))
        using (FileStream to = File.Create(copy))
            from.CopyTo(to);
        File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
