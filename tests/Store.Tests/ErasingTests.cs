using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>What the owner deletes is in no file any more: not in its row, not in an index, not in the log.</summary>
public sealed class ErasingTests : IDisposable
{
    private const int Count = 400;

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(40)]
    [InlineData(5000)]
    public void Of_a_deleted_message_neither_id_nor_sealed_text_stays_in_the_files(int textLength)
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < Count; n++)
            Write(store, s => s.Insert(Message(n, textLength)));
        int[] gone = [3, 150, 399];
        byte[][] texts = [.. gone.Select(n => _fixture.SealedText(n))];
        Assert.All(texts, text => Assert.True(_fixture.Stands(text[..32])));

        foreach (int n in gone)
            Write(store, s => Assert.True(s.DeleteMessage(Samples.Id(n))));
        _fixture.WaitForLog(store);

        for (int i = 0; i < gone.Length; i++)
        {
            Assert.False(_fixture.Stands(IdOf(gone[i])), "the id");
            Assert.False(_fixture.Stands(texts[i][..32]), "the text");
            Assert.False(_fixture.Stands(texts[i][^32..]), "the end of the text");
        }

        Assert.True(_fixture.Stands(IdOf(4)));
        Assert.Equal(Count - gone.Length, store.Reader.FindMessages(null, 1000).Count);
        Assert.False(Try(store, s => s.DeleteMessage(Samples.Id(3))));
    }

    [Fact]
    public void Of_a_long_message_whose_state_changed_nothing_stays_in_the_files_either()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < 40; n++)
            Write(store, s => s.Insert(Samples.Message(n, MessageState.Queued, 5000)));
        byte[] text = _fixture.SealedText(7);
        // The row gets longer, so it is written anew elsewhere.
        Write(store, s => Assert.True(
            s.UpdateState(Samples.Id(7), MessageState.Delivered, 7, 300, Samples.Start.AddDays(1))));
        Write(store, s => Assert.False(s.UpdateState(Samples.Id(7), MessageState.Expired, 0, 0, Samples.Start)));
        Write(store, s => Assert.True(s.DeleteMessage(Samples.Id(7))));
        _fixture.WaitForLog(store);
        for (int i = 0; i + 64 <= text.Length; i += 64)
            Assert.False(_fixture.Stands(text[i..(i + 64)]), $"byte {i}");
    }

    [Fact]
    public void A_conversation_is_deleted_as_a_whole_in_portions_and_no_other()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < Count; n++)
            Write(store, s => s.Insert(Message(n, 40)));
        var group = Samples.Conversation(3);
        for (int n = 1000; n < 1050; n++)
            Write(store, s => s.Insert(Message(n, 40) with { Conversation = group, Protection = 1 }));

        int all = 0, some;
        do
        {
            some = 0;
            Write(store, s => some = s.DeleteMessages(Samples.Address(1), 16));
            all += some;
        }
        while (some == 16);

        Assert.Equal(Count / 10, all);
        Assert.DoesNotContain(store.Reader.FindMessages(Samples.Address(1), 1000), m => m.Conversation is null);
        Assert.Equal(Count - all + 50, store.Reader.FindMessages(null, 1000).Count);
        Write(store, s => Assert.Equal(50, s.DeleteMessages(group, 100)));
        Assert.Equal(Count - all, store.Reader.FindMessages(null, 1000).Count);
        _fixture.WaitForLog(store);
        Assert.False(_fixture.Stands(IdOf(1)));
        Assert.False(_fixture.Stands(IdOf(1010)));
    }

    [Fact]
    public void What_the_owner_deleted_does_not_come_back_however_much_gives_way_or_disappears_afterwards()
    {
        // A small disk: few marks, and a crowded conversation.
        var options = new StoreOptions { MaxMessages = 100, DiskBytes = 3 << 20 };
        MeshStore store = _fixture.Open(options);
        int marks = store.Quota.Erased;
        Write(store, s =>
        {
            for (int n = 1; n < 4; n++)
                s.Accept(Samples.Address(n));
        });
        Write(store, s => Assert.Equal(Inserted.Added, s.Insert(Message(1, 40))));
        Write(store, s => Assert.True(s.DeleteMessage(Samples.Id(1))));
        Write(store, s =>
        {
            for (int n = 10; n < 210 + marks; n++)
                Assert.Equal(Inserted.Added, s.Insert(Message(n * 10 + 2, 40)));
        });
        Write(store, s =>
        {
            for (int n = 0; n < 99; n++)
                s.Insert(Message(n * 10 + 3, 40) with { Timer = 1 });
        });
        _fixture.Time.Advance(TimeSpan.FromMinutes(2));
        Write(store, s => Assert.InRange(s.EraseExpired(1000).Count, 40, 99));
        store = _fixture.Reopen(store, options);
        Write(store, s => Assert.Equal(Inserted.AlreadyThere, s.Insert(Message(1, 40))));
        // What gave way first is forgotten: its marks have an end.
        Write(store, s => Assert.Equal(Inserted.Added, s.Insert(Message(102, 40))));
    }

    [Fact]
    public void A_damaged_message_can_be_deleted()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.Insert(Message(1, 40)));
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
            file.Execute("UPDATE message SET text = zeroblob(60), state = 200");
        store = _fixture.Open();
        Write(store, s => Assert.True(s.DeleteMessage(Samples.Id(1))));
        Assert.Equal(0, store.Damage.Rows);
    }

    private static StoredMessage Message(int number, int textLength) =>
        Samples.Message(number, MessageState.Received, textLength) with { Peer = Samples.Address(number % 10) };

    private static bool Try(MeshStore store, Func<MeshStore, bool> write)
    {
        bool result = false;
        Write(store, s => result = write(s));
        return result;
    }

    private static byte[] IdOf(int number)
    {
        byte[] id = new byte[EnvelopeId.Size];
        Samples.Id(number).Write(id);
        return id;
    }
}
