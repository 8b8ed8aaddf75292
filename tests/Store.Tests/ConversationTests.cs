using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>What is kept about conversations with states.</summary>
public sealed class ConversationTests : IDisposable
{
    private static readonly ConversationId Group = new(EnvelopeKind.MlsLite, [1, 2, 3, 4, 5, 6, 7, 8]);

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(Durability.Full)]
    [InlineData(Durability.Normal)]
    [InlineData(Durability.Memory)]
    public void A_group_is_kept_replaced_and_forgotten(Durability durability)
    {
        var options = new StoreOptions { Durability = durability };
        MeshStore store = _fixture.Open(options);
        Write(store, s => s.PutConversation(Group, [1], spent: true));
        Write(store, s => s.PutConversation(Group, [2, 3], spent: false));
        store = _fixture.Reopen(store, options);
        (ConversationId id, byte[] state) = Assert.Single(store.Reader.Conversations(EnvelopeKind.MlsLite));
        Assert.Equal((Group, 2), (id, state.Length));
        Write(store, s => s.DeleteConversation(Group));
        Assert.Empty(store.Reader.Conversations(EnvelopeKind.MlsLite));
    }

    [Fact]
    public void A_log_that_cannot_be_brought_to_the_disk_takes_back_no_transaction_and_is_tried_again()
    {
        MeshStore store = _fixture.Open();
        store.Log.Flush = _ => throw new IOException("Input/output error");
        Write(store, s => s.PutConversation(Group, [1], spent: true));
        Assert.Equal(StoreError.Io, store.SyncFault?.Error);
        Assert.Single(store.Reader.Conversations(EnvelopeKind.MlsLite));

        // The next transaction says nothing about the one before; moving it into the database file does.
        long before = new FileInfo(_fixture.File).Length;
        Write(store, s => s.PutConversation(Samples.Conversation(1), new byte[20_000], spent: false));
        Assert.Null(store.SyncFault);
        Assert.InRange(new FileInfo(_fixture.File).Length, before + 19_000, long.MaxValue);

        Write(store, s => s.PutConversation(Group, [2], spent: true));
        Assert.NotNull(store.SyncFault);
        store.KeepTime();
        Assert.Null(store.SyncFault);
        Assert.Equal(2, store.SyncFailures);
        store = _fixture.Reopen(store);
        Assert.Equal(2, store.Reader.Conversations(EnvelopeKind.MlsLite).Count());
    }

    [Fact]
    public void Without_a_free_descriptor_what_uses_keys_is_committed_and_said_to_be()
    {
        using System.Diagnostics.Process probe = ProbeProcess.StartWithDescriptors(150, "starve", _fixture.Directory);
        string[] said = probe.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        probe.WaitForExit();
        Assert.Equal(["no descriptor is left", "written", "on the disk"], said);
        MeshStore store = _fixture.Open();
        Assert.Single(store.Reader.Conversations(EnvelopeKind.MlsLite));
    }

    [Fact]
    public void A_state_is_sealed_and_bound_to_its_group()
    {
        MeshStore store = _fixture.Open();
        byte[] secret = [.. Enumerable.Repeat((byte)0xA5, 100)];
        Write(store, s => s.PutConversation(Group, secret, spent: false));
        Write(store, s => s.PutConversation(Samples.Conversation(9), [1], spent: false));
        _fixture.Close(store);
        Assert.Equal(-1, File.ReadAllBytes(_fixture.File).AsSpan().IndexOf(secret.AsSpan(0, 16)));
        using (Database file = Database.Open(_fixture.File))
            file.Execute("UPDATE conversation SET state = (SELECT state FROM conversation ORDER BY rowid LIMIT 1)");
        StoreReader reader = _fixture.Open().Reader;
        Assert.Equal(Group, Assert.Single(reader.Conversations(EnvelopeKind.MlsLite)).Id);
        Assert.Equal(1, reader.Damage.Rows);
    }

    [Theory]
    [InlineData(Durability.Full)]
    [InlineData(Durability.Normal)]
    [InlineData(Durability.Memory)]
    public void Pieces_of_a_state_are_kept_replaced_and_forgotten_and_go_with_it(Durability durability)
    {
        var options = new StoreOptions { Durability = durability };
        MeshStore store = _fixture.Open(options);
        ConversationId other = Samples.Conversation(9);
        Write(store, s =>
        {
            s.PutConversation(Group, [1], spent: true);
            s.PutPiece(Group, 0, [1, 2], spent: false);
            s.PutPiece(Group, 7, new byte[3000], spent: false);
            s.PutPiece(other, 0, [9], spent: false);
        });
        Write(store, s => s.PutPiece(Group, 0, [3, 4], spent: false));
        Write(store, s => s.PutPiece(Group, 7, [5], spent: false));
        store = _fixture.Reopen(store, options);
        Assert.Equal(
            [(Group, 0, "0304"), (Group, 7, "05"), (other, 0, "09")],
            store.Reader.Pieces(EnvelopeKind.MlsLite).Select(p => (p.Id, p.Slot, Convert.ToHexString(p.Value!)))
                .OrderBy(static p => p.Item3));
        Assert.Empty(store.Reader.Pieces(EnvelopeKind.Mls));
        Write(store, s => s.DeletePiece(Group, 7));
        Assert.Equal(2, store.Reader.Pieces(EnvelopeKind.MlsLite).Count);
        Write(store, s => s.DeleteConversation(Group));
        Assert.Equal(other, Assert.Single(store.Reader.Pieces(EnvelopeKind.MlsLite)).Id);
        Write(store, s => s.DeletePieces(other));
        Assert.Empty(store.Reader.Pieces(EnvelopeKind.MlsLite));
    }

    [Fact]
    public void A_piece_that_uses_a_key_waits_for_the_disk_and_any_other_does_not()
    {
        MeshStore store = _fixture.Open();
        int waits = 0;
        store.Log.Flush = _ => waits++;
        Write(store, s => s.PutPiece(Group, 0, [1], spent: false));
        Assert.Equal(0, waits);
        Write(store, s => s.PutPiece(Group, 0, [2], spent: true));
        Write(store, s => s.PutPiece(Group, 0, [3], spent: false));
        Assert.Equal(1, waits);
    }

    [Fact]
    public void A_piece_is_sealed_and_bound_to_its_group_and_number_and_told_of_where_it_is_damaged()
    {
        MeshStore store = _fixture.Open();
        byte[] secret = [.. Enumerable.Repeat((byte)0xA5, 100)];
        Write(store, s => s.PutPiece(Group, 1, secret, spent: false));
        Write(store, s => s.PutPiece(Group, 2, [2], spent: false));
        Write(store, s => s.PutPiece(Samples.Conversation(9), 1, [3], spent: false));
        _fixture.Close(store);
        Assert.Equal(-1, File.ReadAllBytes(_fixture.File).AsSpan().IndexOf(secret.AsSpan(0, 16)));
        using (Database file = Database.Open(_fixture.File))
            file.Execute("UPDATE piece SET value = (SELECT value FROM piece ORDER BY seq LIMIT 1)");
        StoreReader reader = _fixture.Open().Reader;
        IReadOnlyList<StoredPiece> pieces = reader.Pieces(EnvelopeKind.MlsLite);
        Assert.Equal(3, pieces.Count);
        Assert.Equal((Group, 1), pieces.Where(static p => p.Value is not null).Select(static p => (p.Id, p.Slot))
            .Single());
        Assert.Equal(2, reader.Damage.Rows);
    }

    [Fact]
    public void What_a_piece_was_is_nowhere_in_the_file_when_it_is_another()
    {
        MeshStore store = _fixture.Open();
        byte[][] sealedBefore = new byte[40][];
        for (int n = 0; n < sealedBefore.Length; n++)
        {
            Write(store, s => s.PutPiece(Group, n % 2, new byte[60 + (n % 3 * 700)], spent: false));
            using Database file = Database.Open(_fixture.File);
            sealedBefore[n] = Convert.FromHexString(
                file.QueryText($"SELECT hex(substr(value, 1, 24)) FROM piece WHERE slot = {n % 2}"));
        }

        Write(store, s => s.DeletePiece(Group, 0));
        _fixture.Close(store);
        byte[] whole = File.ReadAllBytes(_fixture.File);

        // Without the first bytes of a value, which its key is made of, the rest opens for nobody.
        Assert.All(sealedBefore[..^1], head => Assert.Equal(-1, whole.AsSpan().IndexOf(head)));
        Assert.NotEqual(-1, whole.AsSpan().IndexOf(sealedBefore[^1]));
    }

    [Fact]
    public void A_message_counts_its_copies_and_takes_them_along_when_it_goes()
    {
        MeshStore store = _fixture.Open(new StoreOptions { MaxMessages = 2 });
        StoredMessage message = Samples.Message(1) with
        { Conversation = Group, Protection = 2, State = MessageState.Queued, Outgoing = true };
        Write(store, s =>
        {
            s.Insert(message);
            for (int n = 10; n < 13; n++)
                s.PutCopy(new StoredCopy(EnvelopeKind.MlsLite, Samples.Id(n), message.Id, MessageState.Queued));
        });
        Assert.Equal(3, store.Reader.CopiesUnderWay().Count);
        Write(store, s =>
        {
            Assert.True(s.UpdateCopy(Samples.Id(10), MessageState.Delivered));
            Assert.False(s.UpdateCopy(Samples.Id(10), MessageState.Expired));
        });
        StoredMessage found = store.Reader.FindMessage(message.Id)!;
        Assert.Equal((3, 1, (byte)2), (found.Recipients, found.DeliveredTo, found.Protection));

        Write(store, s => s.UpdateState(message.Id, MessageState.Expired, 0, 0, message.UpdatedAt));
        Assert.Empty(store.Reader.CopiesUnderWay());
        for (int n = 2; n < 4; n++)
            Write(store, s => s.Insert(Samples.Message(n)));
        Assert.Null(store.Reader.FindMessage(message.Id));
        _fixture.Close(store);
        using Database file = Database.Open(_fixture.File);
        Assert.Equal(0, file.Query("SELECT count(*) FROM copy"));
    }

    [Fact]
    public void A_message_moved_into_another_group_is_noticed()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.Insert(Samples.Message(1) with { Conversation = Group, Protection = 1 }));
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
            file.Execute("UPDATE message SET conversation = x'0102030405060709'");
        StoreReader reader = _fixture.Open().Reader;
        Assert.Equal(StoreError.Corrupt, Assert.Throws<StoreException>(() => reader.FindMessage(Samples.Id(1))).Error);
    }

    [Fact]
    public void What_waits_comes_back_with_the_time_that_is_left()
    {
        MeshStore store = _fixture.Open();
        byte[] envelope = Samples.Envelope(1);
        Write(store, s =>
        {
            s.PutWaiting(new StoredWaiting(EnvelopeKind.MlsLite, Samples.Id(1), Group,
                TimeSpan.FromHours(1), envelope));
            s.PutWaiting(new StoredWaiting(EnvelopeKind.MlsLite, Samples.Id(2), null, TimeSpan.FromHours(2), envelope));
        });
        _fixture.Time.Advance(TimeSpan.FromMinutes(30));
        store = _fixture.Reopen(store);
        IReadOnlyList<StoredWaiting> waiting = store.Reader.Waiting(EnvelopeKind.MlsLite);
        Assert.Equal([Group, null], waiting.Select(w => w.Conversation));
        Assert.Equal(TimeSpan.FromMinutes(30), waiting[0].LifetimeLeft);
        Assert.Equal(envelope, waiting[1].Envelope.ToArray());
        Write(store, s => s.DeleteWaiting(Samples.Id(1)));
        Assert.Equal(Samples.Id(2), Assert.Single(store.Reader.Waiting(EnvelopeKind.MlsLite)).Id);
    }

    [Fact]
    public void Opened_envelopes_are_remembered_the_latest_of_them()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            for (int n = 0; n <= MeshStore.OpenedCapacity; n++)
                s.PutOpened(EnvelopeKind.MlsLite, Samples.Id(n), Samples.Address(n));
        });
        Assert.Null(store.Reader.FindOpened(EnvelopeKind.MlsLite, Samples.Id(0)));
        Assert.Equal(Samples.Address(1), store.Reader.FindOpened(EnvelopeKind.MlsLite, Samples.Id(1)));
        Assert.Equal(Samples.Address(MeshStore.OpenedCapacity),
            store.Reader.FindOpened(EnvelopeKind.MlsLite, Samples.Id(MeshStore.OpenedCapacity)));
    }
}
