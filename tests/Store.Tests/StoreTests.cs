using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>What is written comes back, also after a restart.</summary>
public sealed class StoreTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_message_comes_back_as_it_was_after_a_restart()
    {
        StoredMessage message = Samples.Message(1) with { Text = "grüß dich 🌍", Reason = 3, Hops = 2 };
        MeshStore store = _fixture.Open();
        Write(store, s => Assert.Equal(Inserted.Added, s.Insert(message)));
        Assert.Equal(message, store.Reader.FindMessage(message.Id));
        Assert.Equal(message, _fixture.Reopen(store).Reader.FindMessage(message.Id));
    }

    [Fact]
    public void The_same_message_is_stored_once()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => Assert.Equal(Inserted.AddedAsRequest, s.Insert(Samples.Message(1, MessageState.Received))));
        Write(store, s => Assert.Equal(
            Inserted.AlreadyThere, s.Insert(Samples.Message(1, MessageState.Received) with { Text = "another" })));
        Assert.Single(store.Reader.FindMessages(null, 10));
        Assert.StartsWith("message 1", store.Reader.FindMessages(null, 10)[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MessageState.Delivered)]
    [InlineData(MessageState.Expired)]
    [InlineData(MessageState.Failed)]
    public void A_final_state_stays(MessageState final)
    {
        MeshStore store = _fixture.Open();
        StoredMessage message = Samples.Message(1);
        Write(store, s =>
        {
            s.Insert(message);
            Assert.True(s.UpdateState(message.Id, MessageState.Forwarded, 0, 0, Samples.Start.AddMinutes(1)));
            Assert.True(s.UpdateState(message.Id, final, 6, 4, Samples.Start.AddMinutes(2)));
            Assert.False(s.UpdateState(message.Id, MessageState.Queued, 1, 0, Samples.Start.AddMinutes(3)));
            Assert.False(s.UpdateState(Samples.Id(2), MessageState.Delivered, 0, 0, Samples.Start));
        });
        Assert.Equal(
            message with { State = final, Reason = 6, Hops = 4, UpdatedAt = Samples.Start.AddMinutes(2) },
            store.Reader.FindMessage(message.Id));
    }

    [Fact]
    public void Messages_with_a_peer_are_the_newest_oldest_first()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            for (int n = 0; n < 100; n++)
                s.Insert(Samples.Message(n));
        });
        Assert.Equal([73, 83, 93], store.Reader.FindMessages(Samples.Address(3), 3).Select(Number));
        Assert.Equal([97, 98, 99], store.Reader.FindMessages(null, 3).Select(Number));
        Assert.Empty(store.Reader.FindMessages(Samples.Address(77), 3));
    }

    [Fact]
    public void A_held_envelope_comes_back_with_what_was_kept_beside_it()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            s.PutEnvelope(Samples.Id(1), Samples.Holding(1), Samples.Envelope(1));
            s.PutEnvelope(Samples.Id(2), Samples.Holding(2, originated: false), Samples.Envelope(2, payload: 0));
        });
        store = _fixture.Reopen(store);
        IReadOnlyList<StoredEnvelope> held = store.Reader.Envelopes();
        Assert.Equal([Samples.Id(1), Samples.Id(2)], held.Select(e => e.Id));
        Assert.Equal(Samples.Envelope(1).Length, held[0].Size);
        Assert.Equal(EnvelopeHeader.Size, held[1].Size);
        Assert.Equal(Samples.Address(1), held[0].Holding.Upstream);
        Assert.True(held[0].Holding.Originated);
        Assert.False(held[1].Holding.Originated);
        Assert.Equal(Samples.Holding(1).ReceiptProof.ToArray(), held[0].Holding.ReceiptProof.ToArray());
        Assert.True(held[1].Holding.ReceiptProof.IsEmpty);
        Assert.True(EnvelopeHeader.TryRead(Samples.Envelope(1), out EnvelopeHeader header));
        Assert.Equal(header, held[0].Header);
        Assert.Equal(Samples.Envelope(1), store.Reader.FindEnvelope(Samples.Id(1)));
        Assert.Equal(Samples.Envelope(2, payload: 0), store.Reader.FindEnvelope(Samples.Id(2)));
        Assert.Null(store.Reader.FindEnvelope(Samples.Id(3)));
    }

    [Fact]
    public void An_envelope_forgotten_in_the_transaction_that_keeps_it_is_never_written()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.PutSequence(1));
        long before = new FileInfo(_fixture.File + "-wal").Length;
        Write(store, s =>
        {
            for (int n = 0; n < 200; n++)
                s.PutEnvelope(Samples.Id(n), Samples.Holding(n), Samples.Envelope(n, payload: 1000));
            for (int n = 0; n < 200; n++)
                s.DeleteEnvelope(Samples.Id(n));
        });
        Assert.Equal(before, new FileInfo(_fixture.File + "-wal").Length);
        Assert.Empty(store.Reader.Envelopes());
    }

    [Fact]
    public void The_last_word_in_a_transaction_counts()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.PutEnvelope(Samples.Id(1), Samples.Holding(1), Samples.Envelope(1)));
        Write(store, s =>
        {
            s.DeleteEnvelope(Samples.Id(1));
            s.PutEnvelope(Samples.Id(1), Samples.Holding(2), Samples.Envelope(3));
        });
        Assert.Equal(Samples.Envelope(3), store.Reader.FindEnvelope(Samples.Id(1)));
        Write(store, s =>
        {
            s.PutEnvelope(Samples.Id(1), Samples.Holding(2), Samples.Envelope(4));
            s.DeleteEnvelope(Samples.Id(1));
        });
        Assert.Null(store.Reader.FindEnvelope(Samples.Id(1)));
    }

    [Fact]
    public void Nothing_of_a_transaction_that_was_rolled_back_remains()
    {
        MeshStore store = _fixture.Open();
        store.Begin();
        store.Insert(Samples.Message(1));
        store.PutEnvelope(Samples.Id(1), Samples.Holding(1), Samples.Envelope(1));
        store.PutAlias("bob", Samples.Address(1));
        store.Rollback();
        store.Rollback();
        Write(store, s => s.PutSequence(9));
        Assert.Empty(store.Reader.FindMessages(null, 10));
        Assert.Empty(store.Reader.Envelopes());
        Assert.Empty(store.Reader.Aliases());
        Assert.Equal(9u, store.Reader.Sequence());
    }

    [Fact]
    public void Announces_aliases_values_and_the_sequence_survive_a_restart()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            s.PutAnnounce(Samples.Address(1), 1, [1]);
            s.PutAnnounce(Samples.Address(1), uint.MaxValue, [1, 2]);
            s.PutAnnounce(Samples.Address(2), 1, [3]);
            s.DeleteAnnounce(Samples.Address(2));
            s.PutAlias("Bob's Büro", Samples.Address(1));
            s.PutAlias("Bob's Büro", Samples.Address(2));
            s.PutAlias("gone", Samples.Address(3));
            Assert.True(s.DeleteAlias("gone"));
            Assert.False(s.DeleteAlias("gone"));
            s.PutSequence(uint.MaxValue);
            s.PutValue("a"u8, []);
            s.PutValue("b"u8, [1, 2, 3]);
            s.PutValue("c"u8, [1]);
            Assert.True(s.DeleteValue("c"u8));
        });
        StoreReader reader = _fixture.Reopen(store).Reader;
        Assert.Equal<byte[]>([[1, 2]], reader.Announces());
        Assert.Equal(new Dictionary<string, NodeAddress> { ["Bob's Büro"] = Samples.Address(2) }, reader.Aliases());
        Assert.Equal(uint.MaxValue, reader.Sequence());
        Assert.Empty(Assert.IsType<byte[]>(reader.FindValue("a"u8)));
        Assert.Equal([1, 2, 3], Assert.IsType<byte[]>(reader.FindValue("b"u8)));
        Assert.Null(reader.FindValue("c"u8));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(999)]
    [InlineData(1000)]
    [InlineData(5000)]
    public void The_newest_seen_ids_survive_a_restart_in_their_order(int count)
    {
        var options = new StoreOptions { SeenCapacity = 1000 };
        MeshStore store = _fixture.Open(options);
        for (int n = 0; n < count; n++)
        {
            store.Begin();
            store.PutSeen(Samples.Id(n), (byte)n);
            store.Commit();
            if (n % 777 == 776)
                store = _fixture.Reopen(store, options);
        }

        IReadOnlyList<SeenEnvelope> seen = _fixture.Reopen(store, options).Reader.Seen();
        Assert.Equal(Enumerable.Range(0, count).TakeLast(1000)
            .Select(n => new SeenEnvelope(Samples.Id(n), (byte)n)), seen);
    }

    [Fact]
    public void The_newest_seen_ids_survive_when_the_room_for_them_shrinks_and_grows()
    {
        int written = 0;
        MeshStore store = _fixture.Open(new StoreOptions { SeenCapacity = 3000 });
        foreach (int next in (int[])[1000, 500, 3000, 700])
        {
            store.Begin();
            for (int n = 0; n < 2000; n++, written++)
                store.PutSeen(Samples.Id(written), 1);
            store.Commit();

            store = _fixture.Reopen(store, new StoreOptions { SeenCapacity = next });
            Assert.Equal(
                Enumerable.Range(0, written).TakeLast(Math.Min(next, 500)).Select(Samples.Id),
                store.Reader.Seen().TakeLast(Math.Min(next, 500)).Select(s => s.Id));
            Assert.InRange(store.Reader.Seen().Count, Math.Min(next, 500), next);
        }
    }

    [Fact]
    public void Old_final_messages_make_room_and_unfinished_ones_stay()
    {
        var options = new StoreOptions { MaxMessages = 100 };
        MeshStore store = _fixture.Open(options);
        Write(store, s => s.Insert(Samples.Message(0)));
        Write(store, s =>
        {
            for (int n = 0; n < 10; n++)
                s.Accept(Samples.Address(n));
        });
        for (int n = 1; n <= 300; n++)
        {
            StoredMessage received = Samples.Message(n, MessageState.Received);
            Write(store, s => s.Insert(received));
        }

        Assert.Equal(100, store.Reader.FindMessages(null, 1000).Count);
        Assert.NotNull(store.Reader.FindMessage(Samples.Id(0)));
        Assert.NotNull(store.Reader.FindMessage(Samples.Id(300)));
        Assert.Null(store.Reader.FindMessage(Samples.Id(1)));
    }

    [Fact]
    public void In_memory_durability_only_what_people_made_is_written()
    {
        MeshStore store = _fixture.Open(new StoreOptions { Durability = Durability.Memory });
        Write(store, s =>
        {
            s.Insert(Samples.Message(1));
            s.PutEnvelope(Samples.Id(1), Samples.Holding(1), Samples.Envelope(1));
            s.PutSeen(Samples.Id(1), 1);
            s.PutAnnounce(Samples.Address(1), 1, [1]);
            s.PutSequence(4);
        });
        StoreReader reader = _fixture.Reopen(store).Reader;
        Assert.Single(reader.FindMessages(null, 10));
        Assert.Equal(4u, reader.Sequence());
        Assert.Empty(reader.Envelopes());
        Assert.Empty(reader.Seen());
        Assert.Empty(reader.Announces());
    }

    [Fact]
    public void Reading_goes_on_while_a_transaction_is_open_and_sees_what_is_committed()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.Insert(Samples.Message(1)));
        store.Begin();
        store.Insert(Samples.Message(2));
        Parallel.For(0, 200, _ => Assert.Single(store.Reader.FindMessages(null, 10)));
        store.Commit();
        Assert.Equal(2, store.Reader.FindMessages(null, 10).Count);
    }

    [Fact]
    public void Neither_text_nor_payload_nor_proof_is_readable_on_the_disk()
    {
        MeshStore store = _fixture.Open();
        byte[] envelope = Samples.Envelope(1);
        Write(store, s =>
        {
            s.Insert(Samples.Message(1) with { Text = "a very secret appointment" });
            s.PutEnvelope(Samples.Id(1), Samples.Holding(77), envelope);
            s.PutValue("name"u8, "another very secret thing"u8);
        });
        byte[] files = [.. ReadShared(_fixture.File), .. ReadShared(_fixture.File + "-wal")];
        Assert.True(Contains(files, Encoding.UTF8.GetBytes("name")));
        Assert.False(Contains(files, Encoding.UTF8.GetBytes("very secret")));
        Assert.False(Contains(files, envelope[EnvelopeHeader.Size..(EnvelopeHeader.Size + 16)]));
        Assert.False(Contains(files, Samples.Holding(77).ReceiptProof.ToArray()));
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static bool Contains(byte[] all, byte[] part) => all.AsSpan().IndexOf(part) >= 0;

    private static int Number(StoredMessage message) => int.Parse(message.Text.Split(' ')[1]);
}
