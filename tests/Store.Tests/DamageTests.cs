using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>A damaged row costs that row: it is left out and counted, and what stands beside it is read.</summary>
public sealed class DamageTests : IDisposable
{
    private static readonly ConversationId Group = Samples.Conversation(5);

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    // Every column whose damage shows: cut, of a value that does not exist, or altered under its seal.
    [Theory]
    [InlineData("message", "id", "x'01'")]
    [InlineData("message", "peer", "x''")]
    [InlineData("message", "state", "77")]
    [InlineData("message", "state", "-1")]
    [InlineData("message", "priority", "9")]
    [InlineData("message", "security", "256")]
    [InlineData("message", "security", "-1")]
    [InlineData("message", "created", "9223372036854775807")]
    [InlineData("message", "updated", "-9223372036854775808")]
    [InlineData("message", "conversation", "zeroblob(17)")]
    [InlineData("message", "conversation", "x''")]
    [InlineData("envelope", "id", "x'01'")]
    [InlineData("envelope", "upstream", "x'0203'")]
    [InlineData("envelope", "header", "zeroblob(21)")]
    [InlineData("envelope", "payload", "x'00'")]
    [InlineData("envelope", "proof", "zeroblob(length(proof))")]
    [InlineData("alias", "address", "x'01'")]
    [InlineData("alias", "name", "x'ff'")]
    [InlineData("peer", "address", "x'01'")]
    [InlineData("peer", "standing", "7")]
    [InlineData("seen", "entries", "x'010203'")]
    [InlineData("conversation", "state", "zeroblob(length(state))")]
    [InlineData("conversation", "id", "x'01'")]
    [InlineData("copy", "state", "55")]
    [InlineData("copy", "id", "x'01'")]
    [InlineData("waiting", "payload", "zeroblob(length(payload))")]
    [InlineData("waiting", "header", "x'01'")]
    public void A_damaged_row_is_left_out_and_counted_and_those_beside_it_are_read(
        string table, string column, string value)
    {
        MeshStore store = _fixture.Open();
        Fill(store);
        _fixture.Close(store);
        long damaged;
        using (Database file = Database.Open(_fixture.File))
        {
            // The second message: the first is the one that the copies belong to.
            string row = $"(SELECT {(table == "message" ? "max" : "min")}({Key(table)}) FROM {table})";
            file.Execute($"UPDATE {table} SET {column} = {value} WHERE {Key(table)} = {row}");
            damaged = file.Changes;
        }

        Assert.Equal(1, damaged);
        store = _fixture.Open();
        var told = new List<string>();
        store.Damage.Found += (where, _) => told.Add(where);
        int[] counts = Count(store.Reader);

        Assert.Equal(Tables.Select(t => t == table ? (t == "seen" ? 0 : 1) : t == "seen" ? 256 : 2), counts);
        // The newest block of seen ids is looked at when the store is opened.
        Assert.Contains(table, told);
        Assert.All(told, where => Assert.Equal(table, where));
        // Work goes on.
        Write(store, s => s.Insert(Samples.Message(99)));
        Assert.NotNull(store.Reader.FindMessage(Samples.Id(99)));
    }

    [Fact]
    public void A_message_whose_text_is_damaged_is_listed_without_it_and_finding_it_says_why()
    {
        MeshStore store = _fixture.Open();
        Fill(store);
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
            file.Execute("UPDATE message SET text = zeroblob(length(text)) WHERE seq = 2");
        store = _fixture.Open();

        IReadOnlyList<StoredMessage> list = store.Reader.FindMessages(null, 10);
        Assert.Equal([false, true], list.Select(m => m.IsDamaged));
        Assert.Equal((Samples.Id(2), ""), (list[1].Id, list[1].Text));
        Assert.Equal(1, store.Damage.Rows);
        Assert.Equal(StoreError.Corrupt,
            Assert.Throws<StoreException>(() => store.Reader.FindMessage(Samples.Id(2))).Error);
    }

    [Theory]
    [InlineData("key check")]
    [InlineData("announce sequence")]
    [InlineData("running time")]
    public void No_single_value_keeps_the_store_from_opening(string name)
    {
        MeshStore store = _fixture.Open();
        Fill(store);
        Write(store, s => s.PutSequence(7));
        _fixture.Time.Advance(TimeSpan.FromHours(3));
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
        {
            file.Execute($"UPDATE value SET value = zeroblob(length(value)) WHERE name = CAST('{name}' AS BLOB)");
            Assert.Equal(1, file.Changes);
        }

        store = _fixture.Open();
        Assert.Equal(name == "announce sequence" ? 0u : 7u, store.Reader.Sequence());
        Assert.True(store.Damage.Rows > 0);
        // No lifetime was lost, and none became longer than any may be.
        Assert.All(store.Reader.Envelopes(),
            e => Assert.InRange(e.Holding.LifetimeLeft, TimeSpan.FromHours(21), Limits.MaxLifetime));
        store = _fixture.Reopen(store);
        Assert.Equal(2, store.Reader.FindMessages(null, 10).Count);
    }

    [Fact]
    public void An_end_of_lifetime_that_was_altered_lets_no_envelope_live_longer_than_any_may()
    {
        MeshStore store = _fixture.Open();
        Fill(store);
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
            file.Execute("UPDATE envelope SET expires = 9223372036854775807 WHERE seq = 1; UPDATE envelope SET "
                + "expires = -9223372036854775808 WHERE seq = 2");
        Assert.Equal([Limits.MaxLifetime, TimeSpan.Zero], _fixture.Open().Reader.Envelopes()
            .Select(e => e.Holding.LifetimeLeft));
    }

    [Fact]
    public void A_damaged_page_costs_what_is_on_it_and_behind_it_and_no_reader_throws()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < 400; n++)
            Write(store, s => s.Insert(Samples.Message(n)));
        _fixture.Close(store);
        long page;
        using (Database file = Database.Open(_fixture.File))
            page = file.Query(
                "SELECT pageno FROM dbstat WHERE name = 'message' AND pagetype = 'leaf' LIMIT 1 OFFSET 3");
        using (var file = new FileStream(_fixture.File, FileMode.Open))
        {
            file.Position = (page - 1) * 1024;
            file.Write([.. Enumerable.Repeat((byte)0xFF, 1024)]);
        }

        store = _fixture.Open();
        IReadOnlyList<StoredMessage> found = store.Reader.FindMessages(null, 1000);
        Assert.InRange(found.Count, 1, 399);
        Assert.True(store.Damage.Rows > 0);
    }

    private static readonly string[] Tables =
        ["message", "envelope", "announce", "alias", "seen", "conversation", "copy", "waiting", "peer"];

    private static string Key(string table) => table switch
    {
        "announce" => "address",
        "alias" => "name",
        "seen" => "slot",
        _ when table is "conversation" or "copy" => "id",
        _ => "seq",
    };

    private static int[] Count(StoreReader reader) =>
    [
        reader.FindMessages(null, 10).Count, reader.Envelopes().Count, reader.Announces().Count, reader.Aliases().Count,
        reader.Seen().Count, reader.Conversations(EnvelopeKind.MlsLite).Count, reader.CopiesUnderWay().Count,
        reader.Waiting(EnvelopeKind.MlsLite).Count,
        reader.Standings().Count,
    ];

    private static void Fill(MeshStore store) => Write(store, s =>
    {
        // A message to a group with two copies under way, and one from somebody.
        s.Insert(Samples.Message(1) with { Conversation = Group, Protection = 1 });
        s.Insert(Samples.Message(2));
        for (int n = 1; n <= 2; n++)
        {
            s.PutEnvelope(Samples.Id(n), Samples.Holding(n), Samples.Envelope(n));
            s.PutAnnounce(Samples.Address(n), 1, [1, 2, 3]);
            s.PutAlias($"friend {n}", Samples.Address(n));
            s.PutConversation(Samples.Conversation(n), [1, 2, 3], spent: false);
            s.PutCopy(new StoredCopy(EnvelopeKind.MlsLite, Samples.Id(10 + n), Samples.Id(1), MessageState.Queued));
            s.PutWaiting(new StoredWaiting(EnvelopeKind.MlsLite, Samples.Id(20 + n), Group, TimeSpan.FromHours(1),
                Samples.Envelope(n)));
        }

        for (int n = 0; n < 256; n++)
            s.PutSeen(Samples.Id(n), 1);
    });
}
