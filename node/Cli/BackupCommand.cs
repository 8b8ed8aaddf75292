using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Node.Accounts;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>ctl backup FILE</c> and <c>ctl restore FILE</c>: identity, contacts, and which groups there were.
/// </summary>
internal static class BackupCommand
{

    internal static void AddTo(Command ctl, Func<ParseResult, string> socketOf)
    {
        var file = new Argument<string>("file") { Description = "The backup file." };
        var secret = new Option<string?>(
            "--backup-passphrase-file")
        {
            Description = "Passphrase of the backup: the first line of FILE.",
            HelpName = "FILE"
        };
        var place = new KeyPlace(socketOf);
        var backup = new Command(
            "backup",
            "Writes identity, contacts and the names of groups and channels to a file, under a passphrase.") { file,
            secret };
        place.AddTo(backup);
        backup.SetAction(
            (parsed, cancellation) =>
                BackUpAsync(parsed, place, socketOf(parsed), parsed.GetValue(file)!, parsed.GetValue(secret),
                    cancellation));
        ctl.Subcommands.Add(backup);

        var replace = new Option<bool>("--replace")
        {
            Description = "Replace the key that is there.",
            Arity = ArgumentArity.Zero
        };
        var there = new KeyPlace();
        var restore = new Command("restore",
            "Restores identity and contacts from a backup; the daemon must not run.") { file, secret, replace };
        there.AddTo(restore);
        restore.SetAction(
            parsed => Restore(parsed, there, parsed.GetValue(file)!, parsed.GetValue(secret),
                parsed.GetValue(replace)));
        ctl.Subcommands.Add(restore);
    }

    private static async Task<int> BackUpAsync(
        ParseResult parsed, KeyPlace place, string socket, string file, string? secretFile,
        CancellationToken cancellation)
    {
        using ControlClient client = CtlErrors.Connect(socket);

        using LocalIdentity identity = place.Load(parsed);
        var pages = new ReplyPages(client);
        var asker = new ControlAsker(pages);
        string running = (await asker.AskAsync(Commands.Identity, cancellation).ConfigureAwait(false)).Address;
        if (running != identity.Address.ToString())
        {
            await Console.Error.WriteLineAsync(
                $"the daemon is {running}, but the key file {place.KeyFileOf(parsed)} is that of {identity.Address}: "
                    + "say --key-file").ConfigureAwait(false);
            return ExitCode.Failed;
        }

        BackupContent content = await ReadAsync(asker, cancellation).ConfigureAwait(false);
        byte[] passphrase = secretFile is null ? AskTwice("Passphrase of the backup: ") : Passphrase.Read(secretFile);
        try
        {
            Save(file, BackupFile.Write(identity, passphrase, content, RandomSource.System));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }

        Console.WriteLine(
            $"{file}: {identity.Address}, {Screen.Count(content.Names.Count, "contact")}{Beside(content)}");
        foreach (BackupGroup group in content.Groups)
            Console.WriteLine($"  to be joined again: {Describe(group)}");
        return ExitCode.Done;
    }

    private static string Beside(BackupContent content) =>
        (content.People.Count == 0 ? "" : $", {content.People.Count} with a card or a compared number")
        + (content.Blocked.Count == 0 ? "" : $", {content.Blocked.Count} blocked");

    private static string Describe(BackupGroup group) => group.Kind switch
    {
        BackupGroupKind.Lite => $"MLS-Lite group '{Screen.Printable(group.Name)}'",
        BackupGroupKind.Mls => $"group '{Screen.Printable(group.Name)}'",
        BackupGroupKind.Channel => $"channel '{Screen.Printable(group.Name)}'",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static async Task<BackupContent> ReadAsync(ControlAsker asker, CancellationToken cancellation)
    {
        AliasResult aliases = await asker.AskAsync(Commands.Alias, cancellation).ConfigureAwait(false);
        var names = new List<KeyValuePair<string, NodeAddress>>();
        foreach (AliasInfo alias in aliases.List ?? [])
        {
            if (NodeAddress.TryParse(alias.Address, out NodeAddress address, out _))
                names.Add(new KeyValuePair<string, NodeAddress>(alias.Alias, address));
        }

        IReadOnlyList<ContactInfo> people = await asker.AskAsync(Commands.ContactList, cancellation)
            .ConfigureAwait(false);
        IReadOnlyList<BlockedInfo> blocked = await asker.AskAsync(Commands.Blocked, cancellation).ConfigureAwait(false);
        IReadOnlyList<LiteGroupInfo> lite = await asker.AskAsync(Commands.LiteList, cancellation).ConfigureAwait(false);
        GroupListInfo mls = await asker.AskAsync(Commands.GroupList, cancellation).ConfigureAwait(false);
        IReadOnlyList<ChannelInfo> channels = await asker.AskAsync(Commands.ChannelList, cancellation)
            .ConfigureAwait(false);
        return new BackupContent(names, [.. people.Select(ReadContact)],
            [.. blocked.Select(b => ReadAddress(b.Address))],
        [
            .. lite.Select(g => new BackupGroup(
                BackupGroupKind.Lite, g.Name, [.. g.Members.Where(m => !m.Self).Select(m => m.Address)])),
            .. mls.Groups.Select(g => new BackupGroup(
                BackupGroupKind.Mls, g.Name,
                [.. g.Members.Where(m => m is { Self: false, Invited: false }).Select(m => m.Address)])),
            .. channels.Select(c => new BackupGroup(BackupGroupKind.Channel, c.Name, [])),
        ]);
    }

    /// <summary>What the daemon says of somebody. What makes no sense must not leave a backup without it.</summary>
    private static Contact ReadContact(ContactInfo info)
    {
        ContactCard? card = null;
        if (info.Uri is { } uri && !ContactCard.TryParse(uri, out card, out string? error))
            throw new InvalidDataException($"the card of {info.Address} cannot be read: {error}");
        byte[] key = Convert.FromHexString(info.Key);
        return new Contact(key, info.Verified, card);
    }

    private static NodeAddress ReadAddress(string text) =>
        NodeAddress.TryParse(text, out NodeAddress address, out string? error)
        ? address : throw new InvalidDataException(error);

    /// <summary>A new passphrase, typed twice.</summary>
    internal static byte[] AskTwice(string question)
    {
        byte[] first = Passphrase.Ask(question);
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
        if (text.Length > BackupFile.MaxBytes)
            throw new InvalidDataException(
                $"this backup would have more than {BackupFile.MaxBytes} bytes, and no restore takes it");
        using var file = new NewFile(path);
        file.Write(Encoding.ASCII.GetBytes(text));
        file.Finish();
    }

    private static int Restore(ParseResult parsed, KeyPlace place, string file, string? secretFile, bool replace)
    {
        string text = ReadText(file);
        byte[] secret = secretFile is not null ? Passphrase.Read(secretFile)
            : BackupFile.NeedsPassphrase(text) ? Passphrase.Ask("Passphrase of the backup: ") : [];
        try
        {
            if (!BackupFile.TryRead(text, secret, out LocalIdentity? identity, out BackupContent? content,
                out string? error))
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

    private static string ReadText(string file)
    {
        using FileStream stream = File.OpenRead(file);
        byte[] bytes = new byte[BackupFile.MaxBytes + 1];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= BackupFile.MaxBytes
            ? Encoding.ASCII.GetString(bytes, 0, length)
            : throw new UsageException($"{file}: larger than {BackupFile.MaxBytes} bytes");
    }

    /// <summary>Puts an identity and what belongs to it into the directory of a node that does not run.</summary>
    internal static void RestoreInto(
        ParseResult parsed, KeyPlace place, LocalIdentity identity, BackupContent content, bool replace,
        IReadOnlyList<AccountRecord>? accounts = null)
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

        RestoredCounts added = RestoredContacts.AddTo(taken.Path, identity, content, accounts ?? []);
        if (Environment.IsPrivilegedProcess)
            GiveToNode(taken);
        Console.WriteLine($"{identity.Address}, {added.Names} of {Screen.Count(content.Names.Count, "contact")} added");
        if (content.People.Count + content.Blocked.Count > 0)
        {
            Console.WriteLine(
                $"Cards and compared numbers: {added.People} of {content.People.Count} added. Blocked: "
                    + $"{added.Blocked} of {content.Blocked.Count} added.");
        }

        Console.WriteLine(
            "If the node that this backup is of still runs, end it: two nodes with one key take each other's messages.");
        foreach (BackupGroup group in content.Groups)
            Console.WriteLine($"To be joined again: {Describe(group)}; {WhoInvites(group)}");
    }

    private static string WhoInvites(BackupGroup group) =>
        group.Kind == BackupGroupKind.Channel ? "ask whoever reads it for its URI, or give its passphrase"
        : group.Members is [] ? "it had no other member"
        : "ask one of these to invite you: " + Screen.Printable(string.Join(' ', group.Members));

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
}
