using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>Strangers have one small share between them, and take nothing from what is known.</summary>
public sealed class RequestTests : IDisposable
{
    /// <summary>So small that every share has its least size.</summary>
    private static readonly StoreOptions Small = new() { DiskBytes = 4 << 20 };

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void What_a_stranger_writes_is_a_request_until_it_is_accepted_named_or_written_to()
    {
        MeshStore store = _fixture.Open();
        for (int n = 1; n <= 3; n++)
            Assert.Equal(Inserted.AddedAsRequest, Insert(store, From(n, n)));
        Assert.Equal([true, true, true], store.Reader.FindMessages(null, 10).Select(m => m.IsRequest));

        Write(store, s => Assert.Equal(1, s.Accept(Samples.Address(1))));
        Write(store, s => s.PutAlias("two", Samples.Address(2)));
        Assert.Equal(Inserted.Added, Insert(store, Samples.Message(23)));
        store = _fixture.Reopen(store);
        Assert.All(store.Reader.FindMessages(null, 10), m => Assert.False(m.IsRequest));
        Assert.Empty(store.Reader.Requests(10));
        for (int n = 1; n <= 3; n++)
        {
            Assert.Equal(Standing.Known, store.Reader.StandingOf(Samples.Address(n)));
            Assert.Equal(Inserted.Added, Insert(store, From(n, 10 + n)));
        }

        Assert.Equal(Inserted.AddedAsRequest, Insert(store, From(4, 14)));
    }

    [Fact]
    public void What_is_read_in_a_group_is_no_request_and_makes_nobody_known()
    {
        MeshStore store = _fixture.Open();
        Assert.Equal(Inserted.Added,
            Insert(store, From(1, 1) with { Conversation = Samples.Conversation(7), Protection = 1 }));
        Assert.Equal(Inserted.Added,
            Insert(store, Samples.Message(11) with { Conversation = Samples.Conversation(7), Protection = 1 }));
        Assert.Equal(Standing.Stranger, store.StandingOf(Samples.Address(1)));
        Assert.Equal(Inserted.AddedAsRequest, Insert(store, From(1, 2)));
    }

    [Fact]
    public void One_stranger_fills_its_own_share_and_takes_nothing_from_the_others()
    {
        MeshStore store = _fixture.Open(Small);
        for (int n = 0; n < 5; n++)
            Insert(store, From(2, 1000 + n));
        for (int n = 0; n < 200; n++)
            Assert.Equal(Inserted.AddedAsRequest, Insert(store, From(1, n, textLength: 1000)));
        // The first stayed, which says who it is, and the newest.
        IReadOnlyList<StoredMessage> left = store.Reader.FindMessages(Samples.Address(1), 1000);
        Assert.InRange(left.Count, 5, 40);
        Assert.Equal((Samples.Id(0), Samples.Id(199)), (left[0].Id, left[^1].Id));
        Assert.Equal([left.Count, 5], store.Reader.Requests(10).Select(r => r.Count));
        Assert.InRange(store.Reader.Requests(10)[0].Bytes, 1, store.Quota.OneStranger);
        // What gave way does not come again as new.
        Assert.Equal(Inserted.AlreadyThere, Insert(store, From(1, 100, textLength: 1000)));
        // After a restart the share is as full as it was.
        store = _fixture.Reopen(store, Small);
        for (int n = 200; n < 210; n++)
            Insert(store, From(1, n, textLength: 1000));
        Assert.InRange(store.Reader.Requests(10)[0].Bytes, 1, store.Quota.OneStranger);
    }

    [Fact]
    public void A_request_larger_than_a_strangers_share_is_not_kept_and_drives_nothing_out()
    {
        MeshStore store = _fixture.Open(Small);
        Insert(store, From(1, 1));
        Assert.Equal(Inserted.NotKept, Insert(store, From(1, 2, textLength: (int)store.Quota.OneStranger)));
        Assert.Single(store.Reader.Requests(10));
    }

    [Fact]
    public void However_many_strangers_write_their_requests_stay_within_their_share_and_a_newcomer_finds_room()
    {
        MeshStore store = _fixture.Open(Small);
        Write(store, s => s.PutAlias("friend", Samples.Address(1_000_000)));
        StoredMessage[] history = [.. Enumerable.Range(0, 300).Select(n => From(1_000_000, 100_000 + n))];
        foreach (StoredMessage message in history)
            Assert.Equal(Inserted.Added, Insert(store, message));

        for (int n = 0; n < 1500; n++)
            Assert.Equal(Inserted.AddedAsRequest, Insert(store, From(n, n, textLength: n % 3 == 0 ? 2000 : 50)));
        Assert.InRange(store.Reader.Requests(1000).Sum(r => r.Bytes), store.Quota.Requests / 2, store.Quota.Requests);
        Assert.Equal(Inserted.AddedAsRequest, Insert(store, From(999_999, 999_999)));
        // Nothing of the owner's went for them.
        Assert.Equal(history.Select(m => m.Id), store.Reader.FindMessages(Samples.Address(1_000_000), 1000)
            .Select(m => m.Id));
        using Database file = Database.Open(_fixture.File);
        Assert.InRange(file.Query("SELECT count(*) FROM erased"), 1, store.Quota.Erased / 4);
    }

    [Fact]
    public void A_refused_stranger_is_erased_and_not_heard_until_it_is_accepted()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < 5; n++)
            Insert(store, From(1, n));
        Insert(store, From(2, 10));
        Write(store, s => Assert.Equal(5, s.Refuse(Samples.Address(1))));
        store = _fixture.Reopen(store);
        Assert.Equal(Samples.Address(2), Assert.Single(store.Reader.Requests(10)).Peer);
        Assert.Equal(Inserted.NotKept, Insert(store, From(1, 20)));
        Write(store, s => s.Accept(Samples.Address(1)));
        Assert.Equal(Inserted.Added, Insert(store, From(1, 21)));
        // What was erased does not come back as new.
        Assert.Equal(Inserted.AlreadyThere, Insert(store, From(1, 3)));
    }

    [Fact]
    public void The_latest_refusals_are_remembered_and_their_number_is_bounded()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            for (int n = 0; n < 5000; n++)
                s.Refuse(Samples.Address(n));
            s.Accept(Samples.Address(5001));
        });
        store = _fixture.Reopen(store);
        Assert.Equal(Standing.Stranger, store.StandingOf(Samples.Address(0)));
        Assert.Equal(Standing.Refused, store.StandingOf(Samples.Address(4999)));
        Assert.Equal(Standing.Known, store.StandingOf(Samples.Address(5001)));
        using Database file = Database.Open(_fixture.File);
        Assert.Equal(4097, file.Query("SELECT count(*) FROM peer"));
    }

    [Fact]
    public void A_contact_who_writes_too_much_loses_its_own_oldest_messages_and_nobody_elses()
    {
        MeshStore store = _fixture.Open(Small);
        Write(store, s =>
        {
            s.Accept(Samples.Address(1));
            s.Accept(Samples.Address(2));
        });
        for (int n = 0; n < 20; n++)
            Insert(store, From(1, 100_000 + n));
        for (int n = 0; n < 2000; n++)
            Assert.Equal(Inserted.Added, Insert(store, From(2, n, textLength: 1000)));

        Assert.Equal(20, store.Reader.FindMessages(Samples.Address(1), 1000).Count);
        IReadOnlyList<StoredMessage> left = store.Reader.FindMessages(Samples.Address(2), 10_000);
        Assert.InRange(left.Count, 200, 1000);
        Assert.Equal(Samples.Id(1999), left[^1].Id);
        // Those that made room do not come back as new while a copy may still be under way.
        Assert.Equal(Inserted.AlreadyThere, Insert(store, From(2, 1000, textLength: 1000)));
    }

    [Fact]
    public void What_was_erased_comes_back_only_when_no_copy_can_be_under_way_any_more()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.Accept(Samples.Address(1)));
        Insert(store, From(1, 1));
        Write(store, s => Assert.True(s.DeleteMessage(Samples.Id(1))));
        _fixture.Time.Advance(Limits.MaxLifetime - TimeSpan.FromMinutes(1));
        Assert.Equal(Inserted.AlreadyThere, Insert(store, From(1, 1)));
        store = _fixture.Reopen(store);
        Assert.Equal(Inserted.AlreadyThere, Insert(store, From(1, 1)));
        _fixture.Time.Advance(TimeSpan.FromMinutes(2));
        Insert(store, From(1, 2));
        Write(store, s => Assert.True(s.DeleteMessage(Samples.Id(2))));
        Assert.Equal(Inserted.Added, Insert(store, From(1, 1)));
    }

    [Fact]
    public void A_transaction_that_is_rolled_back_leaves_shares_and_standings_as_they_were()
    {
        MeshStore store = _fixture.Open(Small);
        const int fits = 17;
        for (int n = 0; n < fits; n++)
            Insert(store, From(1, n, textLength: 1000));
        Assert.Equal(fits, store.Reader.Requests(10)[0].Count);
        Write(store, s => s.Refuse(Samples.Address(1)));
        for (int round = 0; round < 3; round++)
        {
            store.Begin();
            store.Accept(Samples.Address(2));
            for (int n = 0; n < fits; n++)
                store.Insert(From(3, 1000 + n, textLength: 1000));
            store.Rollback();
        }

        Assert.Equal(Standing.Stranger, store.StandingOf(Samples.Address(2)));
        for (int n = 0; n < fits; n++)
            Assert.Equal(Inserted.AddedAsRequest, Insert(store, From(3, 1000 + n, textLength: 1000)));
        Assert.Equal(fits, store.Reader.Requests(10)[0].Count);
        Assert.NotNull(store.Reader.FindMessage(Samples.Id(1001)));
    }

    [Fact]
    public void Sent_and_late_come_back_as_they_were()
    {
        MeshStore store = _fixture.Open();
        StoredMessage message = From(1, 1) with { SentAt = Samples.Start.AddDays(-9), IsLate = true };
        Insert(store, message);
        Insert(store, From(1, 2));
        store = _fixture.Reopen(store);
        Assert.Equal(message with { IsRequest = true }, store.Reader.FindMessage(Samples.Id(1)));
        Assert.Null(store.Reader.FindMessage(Samples.Id(2))!.SentAt);
    }

    [Fact]
    public void A_quota_is_half_of_a_small_disk_and_its_shares_never_exceed_it()
    {
        Assert.Equal(8 << 20, DiskQuota.Of(0, 15 << 20, 1 << 20).Bytes);
        Assert.Equal(DiskQuota.Usual, DiskQuota.Of(0, 1L << 40, 0).Bytes);
        Assert.Equal(100, DiskQuota.Of(100, 1L << 40, 0).Bytes);
        foreach (long bytes in (long[])[2 << 20, 8 << 20, 64 << 20, 512 << 20, 8L << 30])
        {
            var quota = new DiskQuota(bytes);
            Assert.InRange(quota.Messages + quota.Custody + quota.Gossip + quota.Requests + quota.Files
                + quota.Groups, 1, bytes * 9 / 10);
            Assert.InRange(quota.OneStranger, 33_000, quota.Requests / 4);
        }
    }

    private static StoredMessage From(int peer, int number, int textLength = 40) =>
        Samples.Message(number, MessageState.Received, textLength: 10) with
        {
            Peer = Samples.Address(peer),
            Text = $"{number} ".PadRight(textLength, 'x'),
        };

    private static Inserted Insert(MeshStore store, StoredMessage message)
    {
        Inserted inserted = default;
        Write(store, s => inserted = s.Insert(message));
        return inserted;
    }
}
