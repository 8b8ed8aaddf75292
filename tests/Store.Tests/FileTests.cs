using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

public sealed class FileTests : IDisposable
{
    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    private static StoredFile File(int number, int state = 1) => new(
        Samples.Id(number), Enumerable.Repeat((byte)number, 16).ToArray(), state, OverRadio: number % 2 == 0,
        new byte[] { 0x80 });

    [Fact]
    public void What_there_is_of_a_file_survives_and_changes_with_it()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            s.Insert(Samples.Message(1));
            s.PutFile(File(1));
            // There is no such message.
            s.PutFile(File(2));
            s.ChangeFile(File(1, state: 2) with { Have = new byte[] { 0xE0 } });
            s.SaveFile(Samples.Id(1), "grüße.png");
        });
        store = _fixture.Reopen(store);
        StoredFile file = Assert.Single(store.Reader.Files());
        Assert.Equal((Samples.Id(1), 2, false, "grüße.png"), (file.Message, file.State, file.OverRadio, file.Saved));
        Assert.Equal((byte[])[0xE0], file.Have.ToArray());
        Assert.Equal(File(1).Blob.ToArray(), file.Blob.ToArray());
        Assert.Empty(store.Reader.ErasedFiles(10));
        Assert.False(_fixture.Stands("grüße.png"u8.ToArray()));
    }

    [Fact]
    public void A_file_goes_with_its_message_and_leaves_the_name_of_its_bytes_until_they_are_gone()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            for (int i = 1; i <= 3; i++)
            {
                s.Insert(Samples.Message(i));
                s.PutFile(File(i));
            }

            s.SaveFile(Samples.Id(1), "a.txt");
        });
        Write(store, s =>
        {
            // Erased, turned into a tombstone, and given up.
            s.DeleteMessage(Samples.Id(1));
            s.Change(s.Reader.FindMessage(Samples.Id(2))! with { Text = "", Content = new byte[] { 0xB4 } },
                saysSomethingNew: true);
            s.DeleteFile(Samples.Id(3));
        });
        store = _fixture.Reopen(store);
        Assert.Empty(store.Reader.Files());
        IReadOnlyList<ErasedFile> erased = store.Reader.ErasedFiles(10);
        Assert.Equal((3, 2), (erased.Count, store.Reader.ErasedFiles(2).Count));
        Assert.Equal("a.txt", Assert.Single(erased, e => e.Message == Samples.Id(1)).Saved);
        Write(store, s => s.ForgetErasedFile(erased[0].Blob));
        Assert.Equal(2, store.Reader.ErasedFiles(10).Count);
        // The offer that was given up can be taken again.
        Write(store, s => s.PutFile(File(3) with { Blob = Enumerable.Repeat((byte)9, 16).ToArray() }));
        Assert.Single(store.Reader.Files());
    }

    [Fact]
    public void A_state_or_a_sign_of_a_message_leaves_its_file()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            s.Insert(Samples.Message(1, MessageState.Queued));
            s.PutFile(File(1));
        });
        Write(store, s =>
        {
            s.UpdateState(Samples.Id(1), MessageState.Delivered, 0, 2, Samples.Start);
            s.Change(s.Reader.FindMessage(Samples.Id(1))! with { Extras = new byte[] { 1, 2, 3 } },
                saysSomethingNew: false);
        });
        Assert.Single(store.Reader.Files());
    }

    [Theory]
    [InlineData("blob", "x'01'")]
    [InlineData("saved", "zeroblob(60)")]
    public void A_damaged_row_is_left_out_and_the_others_are_read(string column, string value)
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            s.Insert(Samples.Message(1));
            s.Insert(Samples.Message(2));
            s.PutFile(File(1));
            s.PutFile(File(2));
        });
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
            file.Execute($"UPDATE file SET {column} = {value} WHERE over_radio = 0");
        store = _fixture.Open();
        Assert.Equal(Samples.Id(2), Assert.Single(store.Reader.Files()).Message);
        Assert.Equal(1, store.Damage.Rows);
    }

    [Fact]
    public void A_migration_to_version_8_that_is_cut_off_anywhere_leaves_version_7_intact()
    {
        string step = Schema.Migrations[7];
        int[] cuts = [.. Enumerable.Range(0, step.Length).Where(i => step[i] == ';').Select(i => i + 1)];
        Assert.InRange(cuts.Length, 5, 12);
        foreach (int cut in cuts)
        {
            string path = Path.Combine(_fixture.Directory, $"{cut}.db");
            using (Database made = Database.Open(path))
                Schema.Upgrade(made, path, target: 7);
            using (Database file = Database.Open(path))
            {
                file.Execute("BEGIN IMMEDIATE");
                try
                {
                    file.Execute(step[..cut]);
                }
                catch (StoreException)
                {
                    // A trigger that is cut within is no statement.
                }

                file.Execute("ROLLBACK");
                Assert.Equal(7, file.Query("PRAGMA user_version"));
                Assert.Equal(0, file.Query("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%file%'"));
                Assert.Equal(7, Schema.Upgrade(file, path, Schema.Current));
                Assert.Equal(5, file.Query(
                    "SELECT count(*) FROM sqlite_schema WHERE name IN ('file', 'erased_file', 'file_gone', "
                        + "'file_message_gone', 'file_message_changed')"));
            }
        }
    }

    [Fact]
    public void What_version_7_wrote_is_all_there_after_the_migration()
    {
        // The same tables but for the files: a store of this version, taken back.
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            s.Insert(Samples.Message(1));
            s.Insert(Samples.Message(2));
        });
        StoredMessage[] before = [.. store.Reader.FindMessages(null, 10)];
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
            file.Execute(OpeningTests.UndoTenth
                + "DROP TABLE file; DROP TABLE erased_file; DROP TRIGGER file_message_gone; DROP TRIGGER "
                + "file_message_changed; PRAGMA user_version = 7");
        store = _fixture.Open();
        Assert.Equal(before, store.Reader.FindMessages(null, 10));
        Write(store, s => s.PutFile(File(1)));
        Assert.Single(store.Reader.Files());
    }
}
