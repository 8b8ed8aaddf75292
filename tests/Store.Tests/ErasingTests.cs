using System.Diagnostics;
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
        byte[][] texts = [.. gone.Select(n => Sealed(n))];
        Assert.All(texts, text => Assert.True(Stands(text[..32])));

        foreach (int n in gone)
            Write(store, s => Assert.True(s.DeleteMessage(Samples.Id(n))));
        WaitForLog(store);

        for (int i = 0; i < gone.Length; i++)
        {
            Assert.False(Stands(IdOf(gone[i])), "the id");
            Assert.False(Stands(texts[i][..32]), "the text");
            Assert.False(Stands(texts[i][^32..]), "the end of the text");
        }

        Assert.True(Stands(IdOf(4)));
        Assert.Equal(Count - gone.Length, store.Reader.FindMessages(null, 1000).Count);
        Assert.False(Try(store, s => s.DeleteMessage(Samples.Id(3))));
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
        WaitForLog(store);
        Assert.False(Stands(IdOf(1)));
        Assert.False(Stands(IdOf(1010)));
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

    /// <summary>The log is cut in the background.</summary>
    private void WaitForLog(MeshStore store)
    {
        var limit = Stopwatch.StartNew();
        while (new FileInfo(_fixture.File + "-wal").Length > 0)
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(20), $"the log stays: {store.CheckpointFault?.Message}");
            Thread.Sleep(20);
        }
    }

    private byte[] Sealed(int number)
    {
        using Database file = Database.Open(_fixture.File);
        using Statement row = file.PrepareOnce("SELECT text FROM message WHERE id = ?");
        Assert.True(row.Bind(1, Samples.Id(number)).Step());
        return row.Blob(0).ToArray();
    }

    private bool Stands(byte[] bytes)
    {
        foreach (string suffix in (string[])["", "-wal"])
        {
            using var file = new FileStream(_fixture.File + suffix, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            byte[] all = new byte[file.Length];
            file.ReadExactly(all);
            if (all.AsSpan().IndexOf(bytes) >= 0)
                return true;
        }

        return false;
    }
}
