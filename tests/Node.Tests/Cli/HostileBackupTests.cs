using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Tests.Cli;

/// <summary>
/// Whoever made a backup decided what is in it: a restore takes no more of it than the owner could have typed.
/// </summary>
public sealed class HostileBackupTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-restore-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_restore_leaves_out_names_that_pass_for_another_or_steer_a_terminal()
    {
        using LocalIdentity identity = LocalIdentity.Generate(), friend = LocalIdentity.Generate();
        string[] names =
        [
            "bob", "", "two words", "--help", "\u001b[2Jbob", "b\u200bob", "\u202eobo", friend.Address.ToString(),
            new string('x', 65),
        ];
        string file = Path.Combine(_directory, "backup"), secret = Path.Combine(_directory, "secret"),
            data = Path.Combine(_directory, "data");
        await File.WriteAllTextAsync(file, BackupFile.Write(
            identity, "secret"u8,
            new BackupContent([.. names.Select(n => KeyValuePair.Create(n, friend.Address))], [], [], []),
            RandomSource.System, new Argon2Cost(8, 1)));
        await File.WriteAllTextAsync(secret, "secret\n");

        Assert.Equal(ExitCode.Done,
            await CommandLine.RunAsync(
                ["ctl", "restore", file, "--backup-passphrase-file", secret, "--data-dir", data]));

        byte[] key = new byte[32];
        identity.DeriveKey(Daemon.StorageKeyPurpose, key);
        using MeshStore store = MeshStore.Open(data, key, new StoreOptions(), TimeProvider.System);
        Assert.Equal([KeyValuePair.Create("bob", friend.Address)], store.Reader.Aliases());
    }

    [Fact]
    public async Task A_restore_adds_cards_compared_numbers_and_blocks_and_takes_nothing_away_from_what_is_there()
    {
        using LocalIdentity identity = LocalIdentity.Generate(), friend = LocalIdentity.Generate(),
        seen = LocalIdentity.Generate();
        using LocalIdentity enemy = LocalIdentity.Generate(), forgiven = LocalIdentity.Generate();
        string data = Path.Combine(_directory, "data"), secret = Path.Combine(_directory, "secret"),
            file = Path.Combine(_directory, "backup");
        byte[] key = new byte[32];
        identity.DeriveKey(Daemon.StorageKeyPurpose, key);
        Directory.CreateDirectory(data);
        KeyFile.Save(Path.Combine(data, "identity.key"), identity, default, replace: false);
        using (MeshStore store = MeshStore.Open(data, key, new StoreOptions(), TimeProvider.System))
        {
            // Newer than the backup: the card of one, and what was forgiven.
            Contact newer = new(seen.PublicKey, IsVerified: false, ContactCard.Sign(seen, "new", []));
            store.Begin();
            store.PutValue(ContactBook.ValueName(newer.Address), newer.ToBytes());
            store.Block(forgiven.Address);
            store.Unblock(forgiven.Address);
            store.Commit();
        }

        var content = new BackupContent(
            [KeyValuePair.Create("eve", enemy.Address)],
            [
                new Contact(friend.PublicKey, IsVerified: true, ContactCard.Sign(friend, "bob", [])),
                new Contact(seen.PublicKey, IsVerified: true, ContactCard.Sign(seen, "old", [])),
                new Contact(identity.PublicKey, IsVerified: true, null),
            ],
            [enemy.Address, forgiven.Address, identity.Address],
            []);
        await File.WriteAllTextAsync(
            file, BackupFile.Write(identity, "secret"u8, content, RandomSource.System, new Argon2Cost(8, 1)));
        await File.WriteAllTextAsync(secret, "secret\n");

        for (int i = 0; i < 2; i++)
            Assert.Equal(ExitCode.Done,
                await CommandLine.RunAsync(
                    ["ctl", "restore", file, "--backup-passphrase-file", secret, "--data-dir", data]));

        using MeshStore after = MeshStore.Open(data, key, new StoreOptions(), TimeProvider.System);
        var people = new Dictionary<NodeAddress, Contact>();
        foreach ((_, byte[] kept) in after.Reader.FindValues(ContactBook.ValuePrefix))
        {
            Assert.True(Contact.TryRead(kept, out Contact? contact));
            people[contact.Address] = contact;
        }

        Assert.Equal([(true, "bob"), (true, "new")],
            new[] { friend, seen }.Select(p => (people[p.Address].IsVerified, people[p.Address].Card!.Name)));
        Assert.Equal(2, people.Count);
        Assert.Equal(Standing.Known, after.StandingOf(friend.Address));
        Assert.Equal(Standing.Blocked, after.StandingOf(enemy.Address));
        Assert.Equal(Standing.Known, after.StandingOf(forgiven.Address));
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/null")]
    public async Task What_has_no_size_of_its_own_is_read_no_further_than_a_backup_is_long(string file) =>
        Assert.NotEqual(ExitCode.Done,
            await CommandLine.RunAsync(["ctl", "restore", file, "--data-dir", Path.Combine(_directory, "data")]));
}
