using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>
/// What happens to messages after they were stored: changed, read, disappeared; and what comes before them.
/// </summary>
public sealed class ContentRowsTests : IDisposable
{
    private const int Minutes = 30;

    private static readonly TimeSpan Timer = TimeSpan.FromMinutes(Minutes);

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_message_keeps_content_extras_place_and_timer_over_a_restart()
    {
        MeshStore store = _fixture.Open();
        StoredMessage message = Incoming(1) with
        {
            Text = "",
            Content = new byte[] { 0x82, 0xFF },
            Extras = new byte[] { 1, 2, 3 },
            Place = new byte[] { 4, 5 },
            Timer = Minutes,
        };
        Write(store, s => Assert.Equal(Inserted.AddedAsRequest, s.Insert(message)));
        store = _fixture.Reopen(store);
        StoredMessage read = store.Reader.FindMessage(message.Id)!;
        Assert.Equal(
            ("82FF", "010203", "0405", Minutes, true, ""),
            (Hex(read.Content), Hex(read.Extras), Hex(read.Place), (int)read.Timer, read.IsUnread, read.Text));
        using Database file = Database.Open(_fixture.File);
        using Statement row = file.PrepareOnce("SELECT extras FROM message");
        Assert.True(row.Step());
        Assert.Equal(3 + RowCipher.Overhead, row.Blob(0).Length);
    }

    [Fact]
    public void Of_a_changed_text_nothing_stays_in_the_files_also_not_in_the_log()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < 300; n++)
            Write(store, s => s.Insert(Incoming(n, n % 3 == 0 ? 3000 : 60)));
        int[] changed = [3, 100, 299];
        byte[][] texts = [.. changed.Select(_fixture.SealedText)];
        Assert.All(texts, t => Assert.True(_fixture.Stands(t[..32])));
        foreach (int n in changed)
            Write(store, s => Assert.True(s.Change(Incoming(n) with { Text = "another" }, saysSomethingNew: true)));
        _fixture.WaitForLog(store);
        Assert.All(texts, t =>
        {
            Assert.False(_fixture.Stands(t[..32]), "the beginning with its nonce");
            Assert.False(_fixture.Stands(t[^32..]), "the end");
        });
        Assert.All(changed, n => Assert.Equal("another", store.Reader.FindMessage(Samples.Id(n))!.Text));
        Assert.Equal(300, store.Reader.FindMessages(null, 1000).Count);
    }

    [Fact]
    public void What_a_reader_kept_in_the_log_is_erased_with_the_next_chance_also_if_nothing_is_written()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.Insert(Incoming(1)));
        byte[] text = _fixture.SealedText(1);
        using (Database reader = Database.Open(_fixture.File))
        {
            reader.Execute("BEGIN");
            Assert.Equal(1, reader.Query("SELECT count(*) FROM message"));
            Write(store, s => Assert.True(s.Change(Incoming(1) with { Text = "another" }, saysSomethingNew: true)));
            store.WaitForCheckpoint();
            Assert.True(_fixture.Stands(text[..32]), "nobody was in the way");
            reader.Execute("COMMIT");
        }

        store.KeepTime();
        _fixture.WaitForLog(store);
        Assert.False(_fixture.Stands(text[..32]));
    }

    [Fact]
    public void What_was_done_with_a_message_changes_without_its_text()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.Insert(Incoming(1)));
        byte[] before = _fixture.SealedText(1);
        Write(store, s => Assert.True(
            s.Change(Incoming(1) with { Extras = new byte[] { 9 } }, saysSomethingNew: false)));
        Assert.Equal("09", Hex(store.Reader.FindMessage(Samples.Id(1))!.Extras));
        Assert.Equal(before, _fixture.SealedText(1));
        Write(store, s => Assert.False(s.Change(Incoming(2), saysSomethingNew: false)));
    }

    [Fact]
    public void A_target_is_found_by_half_of_its_id_or_its_place_in_its_own_conversation_only()
    {
        MeshStore store = _fixture.Open();
        ConversationId group = Samples.Conversation(1), other = Samples.Conversation(2);
        byte[] place = [1, 2, 3];
        StoredMessage direct = Incoming(1), inGroup = Incoming(2) with { Conversation = group, Place = place };
        store.Begin();
        store.Insert(direct);
        store.Insert(inGroup);
        ConversationId with = ConversationId.With(direct.Peer);
        Assert.Equal(direct.Id, store.FindTarget(with, direct.Id.Prefix, [])!.Id);
        Assert.Null(store.FindTarget(with, inGroup.Id.Prefix, []));
        Assert.Null(store.FindTarget(group, direct.Id.Prefix, []));
        Assert.Equal(inGroup.Id, store.FindTarget(group, inGroup.Id.Prefix, [])!.Id);
        Assert.Equal(inGroup.Id, store.FindTarget(group, 0, place)!.Id);
        Assert.Null(store.FindTarget(other, 0, place));
        Assert.Null(store.FindTarget(group, inGroup.Id.Prefix ^ 1, []));
        store.Commit();
    }

    [Fact]
    public void Changes_that_come_early_wait_sealed_over_a_restart_and_are_taken_once()
    {
        MeshStore store = _fixture.Open();
        ConversationId group = Samples.Conversation(1);
        byte[] target = [0, 1, 2, 3, 4, 5, 6, 7, 8];
        Write(store, s =>
        {
            Assert.True(s.PutEarly(group, target, "first of two"u8, AuthorOf));
            Assert.True(s.PutEarly(group, target, "second of two"u8, AuthorOf));
            Assert.True(s.PutEarly(Samples.Conversation(2), target, "elsewhere"u8, AuthorOf));
        });
        Assert.False(_fixture.Stands("first of two"u8.ToArray()));
        store = _fixture.Reopen(store);
        store.Begin();
        Assert.Equal(["first of two", "second of two"], store.TakeEarly(group, target)
            .Select(System.Text.Encoding.UTF8.GetString));
        store.Rollback();
        store.Begin();
        Assert.Equal(2, store.TakeEarly(group, target).Count);
        Assert.Empty(store.TakeEarly(group, target));
        store.Commit();
        store.Begin();
        Assert.Empty(store.TakeEarly(group, target));
        Assert.Single(store.TakeEarly(Samples.Conversation(2), target));
        store.Commit();
    }

    [Fact]
    public void Changes_that_come_early_are_bounded_in_number_bytes_and_time()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < 40; n++)
        {
            for (int i = 0; i < 70; i++)
                Write(store, s => Assert.True(PutEarly(s, n, author: i, i)));
            if (n == 0)
                Assert.Equal(MeshStore.MaxEarlyInConversation, Early("count(*)"));
        }

        Assert.Equal(MeshStore.MaxEarly, Early("count(*)"));
        store.Begin();
        Assert.InRange(store.TakeEarly(Samples.Conversation(39), Target).Count, 12, 14);
        store.Commit();
        for (int i = 0; i < 20; i++)
            Write(store, s => PutEarly(s, 50, author: i, i, size: 20_000));
        Assert.InRange(Early("sum(length(change)) FROM early WHERE length(change) > 1000 --"), 40_000,
            MeshStore.MaxEarlyBytes);
        Assert.False(PutEarly(store, 50, author: 1, 1, size: MeshStore.MaxEarlyBytes + 1));
        _fixture.Time.Advance(Limits.MaxLifetime + TimeSpan.FromMinutes(1));
        Write(store, s => Assert.True(PutEarly(s, 51, author: 1, 1)));
        Assert.Equal(1, Early("count(*)"));
    }

    [Fact]
    public void An_author_who_sends_many_early_changes_drives_out_its_own_oldest_and_nobody_elses()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => Assert.True(PutEarly(s, 1, author: 7, 200, size: 20_000)));
        for (int i = 0; i < 100; i++)
            Write(store, s => Assert.True(PutEarly(s, 1, author: 3, i)));
        for (int i = 0; i < 8; i++)
            Write(store, s => PutEarly(s, 1, author: 4, i, size: 30_000));
        // And nine other conversations that are as full as they can be.
        for (int n = 2; n < 11; n++)
        {
            for (int i = 0; i < 100; i++)
                Write(store, s => PutEarly(s, n, author: i, i));
        }

        store.Begin();
        IReadOnlyList<byte[]> kept = store.TakeEarly(Samples.Conversation(1), Target);
        store.Commit();
        Assert.Equal([200], kept.Where(c => c[0] == 7).Select(c => (int)c[1]));
        Assert.Equal([92, 93, 94, 95, 96, 97, 98, 99], kept.Where(c => c[0] == 3).Select(c => (int)c[1]));
        Assert.Equal([7], kept.Where(c => c[0] == 4).Select(c => (int)c[1]));
    }

    [Fact]
    public void A_message_disappears_a_while_after_it_was_read_and_an_unread_one_seven_days_later()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            s.Insert(Incoming(1) with { Timer = Minutes });
            s.Insert(Incoming(11) with { Timer = Minutes, Peer = Samples.Address(5) });
            s.Insert(Samples.Message(2) with { Timer = Minutes });
            s.Insert(Incoming(3));
        });
        Write(store, s => Assert.Equal([Samples.Id(1)], s.MarkRead(ConversationId.With(Samples.Address(1)))
            .Select(m => m.Id)));
        Write(store, s => Assert.Empty(s.MarkRead(ConversationId.With(Samples.Address(1)))));
        Assert.Equal(Timer, store.UntilNextExpiry);
        _fixture.Time.Advance(Timer - TimeSpan.FromSeconds(2));
        Assert.Empty(Expire(store));
        // Time without power does not count, and a restart forgives seconds only.
        store = _fixture.Reopen(store);
        _fixture.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal([Samples.Id(1), Samples.Id(2)], Expire(store).OrderBy(id => id.High == Samples.Id(2).High));
        Assert.Equal(2, store.Reader.FindMessages(null, 100).Count);
        _fixture.Time.Advance(Limits.MaxLifetime - TimeSpan.FromHours(1));
        Assert.Empty(Expire(store));
        _fixture.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal([Samples.Id(11)], Expire(store));
        Assert.Null(store.UntilNextExpiry);
        Assert.Equal(Samples.Id(3), Assert.Single(store.Reader.FindMessages(null, 100)).Id);
    }

    [Fact]
    public void Of_a_message_that_disappeared_neither_text_nor_key_nor_id_stays_in_the_files_also_not_in_the_log()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < 400; n++)
            Write(store, s => s.Insert(Incoming(n, n % 50 == 7 ? 5000 : 60) with
            { Timer = n % 50 == 7 ? (ushort)Minutes : (ushort)0 }));
        int[] gone = [.. Enumerable.Range(0, 8).Select(i => i * 50 + 7)];
        byte[][] texts = [.. gone.Select(_fixture.SealedText)];
        foreach (int n in gone)
            Write(store, s => s.MarkRead(ConversationId.With(Samples.Address(n % 10))));
        Assert.All(texts, t => Assert.True(_fixture.Stands(t[..RowKeySize])));
        _fixture.Time.Advance(Timer + TimeSpan.FromSeconds(1));
        Assert.Equal(gone.Length, Expire(store).Count);
        _fixture.WaitForLog(store);
        for (int i = 0; i < gone.Length; i++)
        {
            Assert.False(_fixture.Stands(texts[i][..RowKeySize]), "what its key is made of");
            Assert.False(_fixture.Stands(texts[i][^40..]), "the text");
            byte[] id = new byte[EnvelopeId.Size];
            Samples.Id(gone[i]).Write(id);
            Assert.False(_fixture.Stands(id), "the id");
        }

        Assert.False(_fixture.Stands(System.Text.Encoding.UTF8.GetBytes("message 7 ")), "plain text was never there");
        Assert.Equal(400 - gone.Length, store.Reader.FindMessages(null, 1000).Count);
        // It is not new when a copy of its envelope comes.
        Write(store, s => Assert.Equal(Inserted.AlreadyThere, s.Insert(Incoming(gone[0]))));
    }

    [Fact]
    public void Unread_messages_are_counted_and_lists_begin_with_whoever_wrote_last()
    {
        MeshStore store = _fixture.Open();
        ConversationId group = Samples.Conversation(1);
        Write(store, s =>
        {
            s.Accept(Samples.Address(1));
            s.Accept(Samples.Address(2));
            s.Insert(Incoming(1));
            s.Insert(Incoming(11));
            s.Insert(Incoming(4) with { Conversation = group });
            s.Insert(Incoming(2));
            s.Insert(Incoming(5)); // a stranger
            s.Insert(Incoming(21));
        });
        Assert.Equal(
            [(ConversationId.With(Samples.Address(1)), 3, 3, Samples.Id(21)),
                (ConversationId.With(Samples.Address(2)), 1, 1, Samples.Id(2)), (group, 1, 1, Samples.Id(4))],
            store.Reader.Summaries(10).Select(c => (c.Id, c.Count, c.Unread, c.Newest.Id)));
        Assert.Equal(2, store.Reader.Summaries(2).Count);
        Write(store, s => Assert.Equal(3, s.MarkRead(ConversationId.With(Samples.Address(1))).Count));
        Write(store, s => Assert.Single(s.MarkRead(group)));
        Assert.Equal([0, 1, 0], store.Reader.Summaries(10).Select(c => c.Unread));
    }

    [Fact]
    public void A_search_finds_the_newest_first_in_one_conversation_or_all_and_stops_at_its_limit()
    {
        MeshStore store = _fixture.Open();
        ConversationId group = Samples.Conversation(1);
        for (int n = 0; n < 700; n += 100)
        {
            Write(store, s =>
            {
                for (int i = n; i < n + 100; i++)
                    s.Insert(Incoming(i) with
                    { Conversation = i % 7 == 0 ? group : null, Text = i % 10 == 0 ? $"needle {i}" : "hay" });
            });
        }

        static bool Matches(StoredMessage m) => m.Text.Contains("needle", StringComparison.Ordinal);
        Assert.Equal(70, store.Reader.Search(null, Matches, 1000).Count);
        Assert.Equal(["needle 690", "needle 680"], store.Reader.Search(null, Matches, 2).Select(m => m.Text));
        Assert.Equal(["needle 630", "needle 560"], store.Reader.Search(group, Matches, 2).Select(m => m.Text));
        Assert.Equal(60, store.Reader.Search(ConversationId.With(Samples.Address(0)), Matches, 1000).Count);
        Assert.Empty(store.Reader.Search(ConversationId.With(Samples.Address(1)), Matches, 1000));
    }

    [Fact]
    public void Who_is_blocked_is_heard_in_no_conversation_until_it_is_unblocked()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            Assert.Equal(Inserted.AddedAsRequest, s.Insert(Incoming(1)));
            Assert.Equal(1, s.Block(Samples.Address(1)));
            Assert.Equal(Inserted.NotKept, s.Insert(Incoming(11)));
            Assert.Equal(Inserted.NotKept, s.Insert(Incoming(21) with { Conversation = Samples.Conversation(1) }));
            Assert.Equal(Inserted.Added, s.Insert(Incoming(2) with { Conversation = Samples.Conversation(1) }));
            // Neither a name nor an answer unblocks.
            s.PutAlias("x", Samples.Address(1));
            s.Insert(Samples.Message(31));
            s.Refuse(Samples.Address(1));
        });
        store = _fixture.Reopen(store);
        Assert.Equal(Standing.Blocked, store.Reader.StandingOf(Samples.Address(1)));
        Write(store, s =>
        {
            Assert.Equal(Inserted.NotKept, s.Insert(Incoming(41)));
            Assert.True(s.Unblock(Samples.Address(1)));
            Assert.False(s.Unblock(Samples.Address(1)));
            Assert.Equal(Inserted.Added, s.Insert(Incoming(51)));
        });

        // What came meanwhile is tried again by its sender, and does not come; what was here before is here.
        Write(store, s =>
        {
            foreach (int dropped in (int[])[11, 21, 41])
                Assert.Equal(Inserted.NotKept, s.Insert(Incoming(dropped)));
            Assert.Equal(Inserted.AlreadyThere, s.Insert(Incoming(51)));
        });
        Assert.True(store.Reader.IsDropped(Samples.Id(41)));
        Assert.False(store.Reader.IsDropped(Samples.Id(51)));
    }

    [Fact]
    public void What_blocked_nodes_send_is_remembered_up_to_a_bound_and_takes_no_room_of_what_was_erased()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.Insert(Incoming(1)));
        Write(store, s => Assert.True(s.DeleteMessage(Samples.Id(1))));
        int many = store.Quota.Erased + 1000;
        for (int begin = 2; begin < many; begin += 1000)
        {
            Write(store, s =>
            {
                for (int i = begin; i < Math.Min(begin + 1000, many); i++)
                    s.Drop(Samples.Id(i));
            });
        }

        Assert.False(store.Reader.IsDropped(Samples.Id(2)));
        Assert.True(store.Reader.IsDropped(Samples.Id(many - 1)));
        Write(store, s => Assert.Equal(Inserted.AlreadyThere, s.Insert(Incoming(1))));
    }

    [Fact]
    public void Settings_are_kept_and_values_are_found_by_the_beginning_of_their_names()
    {
        MeshStore store = _fixture.Open();
        var setting = new StoredSetting(Samples.Conversation(1), 60, 3, true);
        Write(store, s =>
        {
            s.PutSetting(setting);
            Assert.Equal(setting, s.SettingOf(setting.Id));
            Assert.Equal(0, s.SettingOf(Samples.Conversation(2)).Timer);
            s.PutValue("contact a"u8, [1]);
            s.PutValue("contact b"u8, [2]);
            s.PutValue("container"u8, [3]);
        });
        store = _fixture.Reopen(store);
        Assert.Equal(setting, Assert.Single(store.Reader.Settings()));
        Assert.Equal([1, 2], store.Reader.FindValues("contact "u8).Select(v => v.Value[0]));
    }

    /// <summary>The nonce: with the store's key it makes the key of the value.</summary>
    private const int RowKeySize = 24;

    private static IReadOnlyList<EnvelopeId> Expire(MeshStore store)
    {
        IReadOnlyList<EnvelopeId> gone = [];
        Write(store, s => gone = s.EraseExpired(100));
        return gone;
    }

    private static StoredMessage Incoming(int number, int textLength = 60) =>
        Samples.Message(number, MessageState.Received, textLength) with { IsUnread = true };

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);

    private long Early(string what)
    {
        using Database file = Database.Open(_fixture.File);
        return file.Query($"SELECT {what} FROM early");
    }

    private static readonly byte[] Target = [0, 1, 2, 3, 4, 5, 6, 7, 8];

    private static bool PutEarly(MeshStore store, int conversation, int author, int number, int size = 2)
    {
        byte[] change = new byte[size];
        (change[0], change[1]) = ((byte)author, (byte)number);
        return store.PutEarly(Samples.Conversation(conversation), Target, change, AuthorOf);
    }

    private static NodeAddress AuthorOf(ReadOnlySpan<byte> change) => Samples.Address(change[0]);
}
