using System.Diagnostics;
using QuicProChat.Mesh.Store.Probe;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Store.Tests.StoreFixture;

namespace QuicProChat.Mesh.Store.Tests;

/// <summary>What may be opened, and what is refused with a reason.</summary>
public sealed class OpeningTests : IDisposable
{
    internal const string UndoTenth =
        "DROP TABLE piece; DROP INDEX message_under_way; ALTER TABLE message DROP COLUMN envelope;";

    private const string UndoThird =
        UndoTenth + "DROP TRIGGER file_message_gone; DROP TRIGGER file_message_changed; DROP TABLE file; DROP TABLE erased_file;"
        + "DROP INDEX message_expires; DROP INDEX message_unread; DROP INDEX message_place; DROP TABLE early; DROP "
        + "TABLE setting;"
        + "ALTER TABLE message DROP COLUMN extras; ALTER TABLE message DROP COLUMN timer; ALTER TABLE message DROP "
        + "COLUMN expires;"
        + "ALTER TABLE message DROP COLUMN unread; ALTER TABLE message DROP COLUMN place;"
        + "DROP INDEX message_request; DROP TABLE gossip; DROP TABLE peer; DROP TABLE erased;"
        + "ALTER TABLE message DROP COLUMN request; ALTER TABLE message DROP COLUMN sent; ALTER TABLE message DROP "
        + "COLUMN late; ALTER TABLE message DROP COLUMN arrived;"
        + "DROP TRIGGER copy_gone; DROP INDEX message_conversation; ALTER TABLE message DROP COLUMN conversation;"
        + "ALTER TABLE message DROP COLUMN kind; ALTER TABLE message DROP COLUMN security;"
        + "DROP TABLE conversation; DROP TABLE copy; DROP TABLE opened; DROP TABLE waiting;";

    private const string Routes =
        "CREATE TABLE route (destination BLOB PRIMARY KEY, next_hop BLOB NOT NULL, sequence INTEGER NOT NULL, metric "
            + "INTEGER NOT NULL);";

    private readonly StoreFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void A_file_of_an_older_version_is_upgraded_and_keeps_its_rows()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            s.Insert(Samples.Message(1));
            s.PutAlias("bob", Samples.Address(1));
        });
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
            file.Execute(UndoThird + "PRAGMA user_version = 1");

        store = _fixture.Open();
        Assert.Equal(Samples.Message(1), store.Reader.FindMessage(Samples.Id(1)));
        Assert.Equal(Samples.Address(1), store.Reader.Aliases()["bob"]);
        _fixture.Close(store);
        using Database upgraded = Database.Open(_fixture.File);
        Assert.Equal(Schema.Current, upgraded.Query("PRAGMA user_version"));
    }

    [Fact]
    public void A_file_from_before_MLS_Lite_keeps_its_messages_and_takes_groups()
    {
        MeshStore store = _fixture.Open();
        Write(store, s => s.Insert(Samples.Message(1)));
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
            file.Execute(UndoThird + Routes + "PRAGMA user_version = 2");

        store = _fixture.Open();
        Assert.Equal(Samples.Message(1), store.Reader.FindMessage(Samples.Id(1)));
        var group = Samples.Conversation(7);
        StoredMessage inGroup = Samples.Message(2) with { Conversation = group, Protection = 1 };
        Write(store, s =>
        {
            s.Insert(inGroup);
            s.PutConversation(group, [1, 2, 3], spent: true);
        });
        Assert.Equal([inGroup], store.Reader.FindMessages(group, 10));
        Assert.Equal([1, 2, 3], Assert.Single(store.Reader.Conversations(EnvelopeKind.MlsLite)).State);
    }

    [Fact]
    public void A_first_version_made_by_its_own_migration_is_upgraded_too()
    {
        using (Database file = Database.Open(_fixture.File))
            Assert.Equal(0, Schema.Upgrade(file, _fixture.File, target: 1));
        MeshStore store = _fixture.Open();
        Assert.Empty(store.Reader.FindMessages(null, 1));
    }

    [Fact]
    public void A_file_of_a_newer_version_is_refused_and_says_what_to_do()
    {
        _fixture.Close(_fixture.Open());
        using (Database file = Database.Open(_fixture.File))
            file.Execute($"PRAGMA user_version = {Schema.Current + 1}");
        StoreException refused = _fixture.Refused();
        Assert.Equal(StoreError.NewerSchema, refused.Error);
        Assert.Contains($"version {Schema.Current + 1}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_migration_that_fails_leaves_the_file_as_it_was()
    {
        using Database file = Database.Open(_fixture.File);
        Schema.Upgrade(file, _fixture.File, target: 1);
        file.Execute("CREATE TABLE route (in_the_way INTEGER)");
        Assert.Throws<StoreException>(() => Schema.Upgrade(file, _fixture.File, target: 2));
        Assert.True(file.IsIdle);
        Assert.Equal(1, file.Query("PRAGMA user_version"));
    }

    [Fact]
    public void A_database_of_another_program_is_refused()
    {
        using (Database file = Database.Open(_fixture.File))
            file.Execute("CREATE TABLE theirs (x INTEGER)");
        Assert.Equal(StoreError.Corrupt, _fixture.Refused().Error);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        File.WriteAllBytes(_fixture.File, [.. Enumerable.Repeat((byte)'x', 9000)]);
        Assert.Equal(StoreError.Corrupt, _fixture.Refused().Error);
    }

    [Fact]
    public void A_store_that_was_emptied_is_refused_and_not_replaced_without_a_word()
    {
        _fixture.Close(_fixture.Open());
        File.WriteAllBytes(_fixture.File, []);
        StoreException refused = _fixture.Refused();
        Assert.Equal(StoreError.Corrupt, refused.Error);
        Assert.Contains("is empty (0 bytes)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(_fixture.File).Length);

        File.Delete(_fixture.File);
        Assert.True(_fixture.Open().IsNew);
    }

    [Fact]
    public void A_store_whose_log_alone_is_left_is_refused_and_the_log_stays()
    {
        _fixture.Close(_fixture.Open());
        byte[] log = [.. Enumerable.Repeat((byte)1, 100)];
        File.Delete(_fixture.File);
        File.WriteAllBytes(_fixture.File + "-wal", log);
        StoreException refused = _fixture.Refused();
        Assert.Equal(StoreError.Corrupt, refused.Error);
        Assert.Contains("its log", refused.Message, StringComparison.Ordinal);
        Assert.Equal(log, File.ReadAllBytes(_fixture.File + "-wal"));
    }

    [Fact]
    public void A_store_that_was_being_made_when_its_process_was_killed_is_made_again()
    {
        File.WriteAllBytes(_fixture.File + ".new", [1, 2, 3]);
        File.WriteAllBytes(_fixture.File + ".new-journal", [4]);
        MeshStore store = _fixture.Open();
        Assert.True(store.IsNew);
        store = _fixture.Reopen(store);
        Assert.False(store.IsNew);
        Assert.Equal([_fixture.File], Directory.GetFiles(_fixture.Directory, "store.db")
            .Concat(Directory.GetFiles(_fixture.Directory, "*.new*")));
    }

    [Fact]
    public void A_store_of_another_identity_is_refused()
    {
        _fixture.Close(_fixture.Open());
        byte[] other = [.. Samples.Key];
        other[0] ^= 1;
        Assert.Equal(StoreError.WrongKey, _fixture.Refused(other).Error);
        _fixture.Open();
    }

    [Fact]
    public void A_damaged_page_is_found_after_a_crash_before_anything_is_used()
    {
        MeshStore store = _fixture.Open();
        for (int n = 0; n < 300; n++)
            Write(store, s => s.Insert(Samples.Message(n)));
        _fixture.Close(store);
        using (var file = new FileStream(_fixture.File, FileMode.Open))
        {
            byte[] rubbish = new byte[4096];
            new Random(1).NextBytes(rubbish);
            // Some page in the middle that is neither the header nor the schema.
            file.Position = file.Length / 4096 / 2 * 4096;
            file.Write(rubbish);
        }

        // A log is there after a crash only.
        File.WriteAllBytes(_fixture.File + "-wal", new byte[32]);
        StoreException refused = _fixture.Refused();
        Assert.Equal(StoreError.Corrupt, refused.Error);
        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_moved_to_another_place_is_noticed()
    {
        MeshStore store = _fixture.Open();
        Write(store, s =>
        {
            for (int n = 0; n < 2; n++)
            {
                s.Insert(Samples.Message(n));
                s.PutEnvelope(Samples.Id(n), Samples.Holding(n), Samples.Envelope(n));
            }

            s.PutValue("a"u8, [1]);
            s.PutValue("b"u8, [2]);
        });
        _fixture.Close(store);
        using (Database file = Database.Open(_fixture.File))
        {
            file.Execute(
                "UPDATE message SET text = (SELECT text FROM message WHERE seq = 1) WHERE seq = 2;"
                + "UPDATE envelope SET payload = (SELECT payload FROM envelope WHERE seq = 1) WHERE seq = 2;"
                + "UPDATE value SET value = (SELECT value FROM value WHERE name = CAST('a' AS BLOB)) WHERE name = "
                + "CAST('b' AS BLOB)");
        }

        StoreReader reader = _fixture.Open().Reader;
        Assert.NotNull(reader.FindMessage(Samples.Id(0)));
        Assert.Equal(StoreError.Corrupt, Assert.Throws<StoreException>(() => reader.FindMessage(Samples.Id(1))).Error);
        Assert.NotNull(reader.FindEnvelope(Samples.Id(0)));
        Assert.Equal(StoreError.Corrupt, Assert.Throws<StoreException>(() => reader.FindEnvelope(Samples.Id(1))).Error);
        Assert.NotNull(reader.FindValue("a"u8));
        Assert.Equal(StoreError.Corrupt, Assert.Throws<StoreException>(() => reader.FindValue("b"u8)).Error);
    }

    [Fact]
    public void A_second_process_on_the_same_directory_is_refused_and_told_who_has_it()
    {
        using Process holder = ProbeProcess.Start("hold", _fixture.Directory);
        Assert.Equal("held", holder.StandardOutput.ReadLine());
        StoreException refused = _fixture.Refused();
        Assert.Equal(StoreError.InUse, refused.Error);
        Assert.Contains($"process {holder.Id}", refused.Message, StringComparison.Ordinal);
        holder.StandardInput.Close();
        holder.WaitForExit();
        _fixture.Open();
    }

    [Fact]
    public void A_second_store_in_the_same_process_is_refused_too()
    {
        _fixture.Open();
        Assert.Equal(StoreError.InUse, _fixture.Refused().Error);
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_an_error_of_the_disk()
    {
        File.WriteAllText(Path.Combine(_fixture.Directory, "file"), "");
        StoreException refused = _fixture.Refused(directory: Path.Combine(_fixture.Directory, "file", "below"));
        Assert.Equal(StoreError.Io, refused.Error);
    }

    [Fact]
    public void In_a_directory_open_to_all_no_file_of_the_store_is()
    {
        const UnixFileMode open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead
            | UnixFileMode.OtherRead;
        string directory = Path.Combine(_fixture.Directory, "made");
        Directory.CreateDirectory(directory, open | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
            | UnixFileMode.OtherExecute);
        string[] names = [MeshStore.FileName, MeshStore.FileName + "-wal", MeshStore.FileName + "-shm"];
        MeshStore store = _fixture.Open(directory: directory);
        Write(store, s => s.PutAlias("bob", Samples.Address(1)));
        foreach (string name in names)
            Assert.Equal(UnixFileMode.UserRead
                | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, name)));

        // One that an earlier version left open is closed.
        _fixture.Close(store);
        File.SetUnixFileMode(Path.Combine(directory, MeshStore.FileName), open);
        store = _fixture.Open(directory: directory);
        Write(store, s => s.PutAlias("bob", Samples.Address(2)));
        foreach (string name in names)
            Assert.Equal(UnixFileMode.UserRead
                | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, name)));
    }

    [Fact]
    public void Only_the_owner_may_read_the_file()
    {
        string directory = Path.Combine(_fixture.Directory, "made");
        _fixture.Open(directory: directory);
        Assert.Equal(UnixFileMode.UserRead
            | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, MeshStore.FileName)));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
    }
}
