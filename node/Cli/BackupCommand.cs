using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary><c>ctl backup FILE</c> and <c>ctl restore FILE</c>: identity, contacts, and which groups there were.</summary>
internal static class BackupCommand
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    internal static void AddTo(Command ctl, Func<ParseResult, string> socketOf)
    {
        var file = new Argument<string>("file") { Description = "The backup file." };
        var secret = new Option<string?>("--backup-passphrase-file") { Description = "Passphrase of the backup: the first line of FILE.", HelpName = "FILE" };
        var place = new KeyPlace(socketOf);
        var backup = new Command("backup", "Writes identity, contacts and the names of groups to a file, under a passphrase.") { file, secret };
        place.AddTo(backup);
        backup.SetAction((parsed, cancellation) => BackUpAsync(parsed, place, socketOf(parsed), parsed.GetValue(file)!, parsed.GetValue(secret), cancellation));
        ctl.Subcommands.Add(backup);

        var replace = new Option<bool>("--replace") { Description = "Replace the key that is there.", Arity = ArgumentArity.Zero };
        var there = new KeyPlace();
        var restore = new Command("restore", "Restores identity and contacts from a backup; the daemon must not run.") { file, secret, replace };
        there.AddTo(restore);
        restore.SetAction(parsed => Restore(parsed, there, parsed.GetValue(file)!, parsed.GetValue(secret), parsed.GetValue(replace)));
        ctl.Subcommands.Add(restore);
    }

    private static async Task<int> BackUpAsync(
        ParseResult parsed, KeyPlace place, string socket, string file, string? secretFile, CancellationToken cancellation)
    {
        using ControlClient? client = ControlClient.TryConnect(socket, out string why);
        if (client is null)
        {
            await Console.Error.WriteLineAsync($"{why}; 'qpc-mesh run' starts one").ConfigureAwait(false);
            return ExitCode.NoDaemon;
        }

        using LocalIdentity identity = place.Load(parsed);
        var pages = new ReplyPages(client);
        var asker = new ControlAsker(pages);
        string running = (await asker.AskAsync(ControlCommands.Identity, cancellation).ConfigureAwait(false)).GetProperty("address").GetString()!;
        if (running != identity.Address.ToString())
        {
            await Console.Error.WriteLineAsync(
                $"the daemon is {running}, but the key file {place.KeyFileOf(parsed)} is that of {identity.Address}: say --key-file").ConfigureAwait(false);
            return ExitCode.Failed;
        }

        BackupContent content = await ReadAsync(asker, cancellation).ConfigureAwait(false);
        byte[] passphrase = secretFile is null ? AskTwice() : Passphrase.Read(secretFile);
        try
        {
            Save(file, BackupFile.Write(identity, passphrase, content, RandomSource.System));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }

        Console.WriteLine($"{file}: {identity.Address}, {content.Contacts.Count} contacts, {content.Groups.Count} groups");
        return ExitCode.Done;
    }

    private static async Task<BackupContent> ReadAsync(ControlAsker asker, CancellationToken cancellation)
    {
        JsonElement aliases = await asker.AskAsync(ControlCommands.Alias, cancellation).ConfigureAwait(false);
        var contacts = new List<KeyValuePair<string, NodeAddress>>();
        foreach (JsonElement alias in aliases.EnumerateArray())
        {
            if (NodeAddress.TryParse(alias.GetProperty("address").GetString()!, out NodeAddress address, out _))
                contacts.Add(new KeyValuePair<string, NodeAddress>(alias.GetProperty("alias").GetString()!, address));
        }

        JsonElement groups = await asker.AskAsync(ControlCommands.LiteList, cancellation).ConfigureAwait(false);
        return new BackupContent(contacts, [.. groups.EnumerateArray().Select(g => new BackupGroup(
            g.GetProperty("name").GetString()!,
            [.. g.GetProperty("members").EnumerateArray().Where(m => !m.GetProperty("self").GetBoolean()).Select(m => m.GetProperty("address").GetString()!)]))]);
    }

    private static byte[] AskTwice()
    {
        byte[] first = Passphrase.Ask("Passphrase of the backup: ");
        byte[] second = Passphrase.Ask("Once more: ");
        try
        {
            if (first.Length == 0 || !CryptographicOperations.FixedTimeEquals(first, second))
                throw new UsageException("the passphrase was empty, or not twice the same");
            return [.. first];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(first);
            CryptographicOperations.ZeroMemory(second);
        }
    }

    private static void Save(string path, string text)
    {
        using var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = OwnerOnly,
        });
        stream.Write(Encoding.ASCII.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }

    private static int Restore(ParseResult parsed, KeyPlace place, string file, string? secretFile, bool replace)
    {
        if (new FileInfo(file) is { Exists: true, Length: > BackupFile.MaxBytes })
            throw new UsageException($"{file}: larger than {BackupFile.MaxBytes} bytes");
        string text = File.ReadAllText(file, Encoding.ASCII);
        byte[] secret = secretFile is not null ? Passphrase.Read(secretFile)
            : BackupFile.NeedsPassphrase(text) ? Passphrase.Ask("Passphrase of the backup: ") : [];
        try
        {
            if (!BackupFile.TryRead(text, secret, out LocalIdentity? identity, out BackupContent? content, out string? error))
            {
                Console.Error.WriteLine(error);
                return ExitCode.Failed;
            }

            using (identity)
                RestoreInto(parsed, place, identity, content, replace);
            return ExitCode.Done;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private static void RestoreInto(ParseResult parsed, KeyPlace place, LocalIdentity identity, BackupContent content, bool replace)
    {
        PrivateFiles.MakePrivateByDefault();
        using DataDirectory taken = DataDirectory.Take(place.DirectoryOf(parsed), place.KeyFileOf(parsed));
        byte[] passphrase = place.PassphraseOf(parsed);
        try
        {
            if (!taken.HasKey || replace || !IsKeyOf(identity, taken.KeyFile, passphrase))
                KeyFile.Save(taken.KeyFile, identity, passphrase, replace);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }

        int added = AddContacts(taken.Path, identity, content);
        if (Environment.IsPrivilegedProcess)
            GiveToNode(taken);
        Console.WriteLine($"{identity.Address}, {added} of {content.Contacts.Count} contacts added");
        Console.WriteLine("If the node that this backup is of still runs, end it: two nodes with one key take each other's messages.");
        foreach (BackupGroup group in content.Groups)
            Console.WriteLine($"Group '{Rendering.Printable(group.Name)}' has to be joined again: {WhoInvites(group)}");
    }

    private static string WhoInvites(BackupGroup group) => group.Members is []
        ? "it had no other member"
        : "ask one of these to invite you: " + Rendering.Printable(string.Join(' ', group.Members));

    /// <summary>What root wrote is for the node's user, to whom the directories belong.</summary>
    private static void GiveToNode(DataDirectory taken)
    {
        foreach (string file in Directory.EnumerateFiles(taken.Path).Append(taken.KeyFile))
        {
            if (!Libc.TryGiveToOwnerOfDirectory(file))
                throw new IOException($"{file} cannot be given to the owner of its directory");
        }
    }

    private static bool IsKeyOf(LocalIdentity identity, string path, byte[] passphrase)
    {
        using LocalIdentity there = KeyFile.Load(path, passphrase);
        return there.Address == identity.Address;
    }

    private static int AddContacts(string directory, LocalIdentity identity, BackupContent content)
    {
        Span<byte> key = stackalloc byte[32];
        try
        {
            identity.DeriveKey(Daemon.StorageKeyPurpose, key);
            using MeshStore store = MeshStore.Open(directory, key, new StoreOptions(), TimeProvider.System);
            IReadOnlyDictionary<string, NodeAddress> known = store.Reader.Aliases();
            store.Begin();
            int added = 0;
            foreach ((string alias, NodeAddress address) in content.Contacts)
            {
                if (known.ContainsKey(alias))
                    continue;
                store.PutAlias(alias, address);
                added++;
            }

            store.Commit();
            return added;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
