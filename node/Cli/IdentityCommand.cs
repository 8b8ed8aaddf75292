using System.CommandLine;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>qpc-mesh identity export|import</c>: the backup drill. The backup string is the key: whoever has it is this node.
/// </summary>
internal static class IdentityCommand
{
    private static readonly Option<string?> DataDir =
        new("--data-dir") { Description = "Where the key is.", HelpName = "DIR", Recursive = true };

    private static readonly Option<string?> KeyPath =
        new("--key-file") { Description = "The key file, if not in DIR.", HelpName = "FILE", Recursive = true };

    private static readonly Option<string?> PassphraseFile =
        new("--passphrase-file")
        {
            Description = "Passphrase of the key file: the first line of FILE.",
            HelpName = "FILE",
            Recursive = true
        };

    private static readonly Option<string?> BackupPassphraseFile =
        new("--backup-passphrase-file")
        {
            Description = "Passphrase of the backup string: the first line of FILE.",
            HelpName = "FILE",
            Recursive = true
        };

    internal static Command Build()
    {
        var command = new Command("identity", "Backs up this node's key and restores it.") { DataDir, KeyPath,
            PassphraseFile, BackupPassphraseFile };
        var qr = new Option<bool>("--qr") { Description = "Show a QR code too.", Arity = ArgumentArity.Zero };
        var export = new Command(
            "export", "Prints the backup string. Keep it as you would the key: it is the key.") { qr };
        export.SetAction(parsed => Export(parsed, parsed.GetValue(qr)));
        var text = new Argument<string>(
            "backup")
        { Description = "The backup string; - reads it from standard input." };
        var replace = new Option<bool>("--replace")
        {
            Description = "Replace the key that is there.",
            Arity = ArgumentArity.Zero
        };
        var import = new Command("import", "Restores the key from a backup string.") { text, replace };
        import.SetAction(parsed => Import(parsed, parsed.GetValue(text)!, parsed.GetValue(replace)));
        command.Subcommands.Add(export);
        command.Subcommands.Add(import);
        return command;
    }

    private static int Export(ParseResult parsed, bool qr)
    {
        byte[] passphrase = Secret(parsed, PassphraseFile);
        byte[] backupPassphrase = Secret(parsed, BackupPassphraseFile);
        try
        {
            using LocalIdentity identity =
                Load(KeyFileOf(parsed) ?? DataDirectory.KeyFileIn(NodeOptions.DirectoryOf(parsed.GetValue(DataDir))),
                    passphrase);
            string backup = BackupString.Export(identity, backupPassphrase);
            Console.WriteLine(backup);
            // Upper case needs a smaller symbol, and imports just the same.
            if (qr)
                QrDrawing.Write(Console.Out, backup.ToUpperInvariant(), QrLevel.Medium);
            return ExitCode.Done;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
            CryptographicOperations.ZeroMemory(backupPassphrase);
        }
    }

    private static int Import(ParseResult parsed, string text, bool replace)
    {
        string directory = NodeOptions.DirectoryOf(parsed.GetValue(DataDir));
        string backup = (text == "-" ? StandardInput.ReadText() : text).Trim();
        byte[] passphrase = Secret(parsed, PassphraseFile);
        byte[] backupPassphrase = Secret(parsed, BackupPassphraseFile);
        try
        {
            if (backupPassphrase.Length == 0 && BackupString.NeedsPassphrase(backup))
                backupPassphrase = Passphrase.Ask("Passphrase of the backup string: ");
            if (!BackupString.TryImport(backup, backupPassphrase, out LocalIdentity? identity, out string? error))
            {
                Console.Error.WriteLine(error);
                return ExitCode.Failed;
            }

            using (identity)
            {
                // A running daemon has its key in memory: replacing the file under it would split the two.
                using DataDirectory taken = DataDirectory.Take(directory, KeyFileOf(parsed));
                KeyFile.Save(taken.KeyFile, identity, passphrase, replace);
                Console.WriteLine(identity.Address);
            }

            return ExitCode.Done;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
            CryptographicOperations.ZeroMemory(backupPassphrase);
        }
    }

    private static string? KeyFileOf(ParseResult parsed) => NodeOptions.PathOf("--key-file", parsed.GetValue(KeyPath));

    private static byte[] Secret(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } file ? Passphrase.Read(file) : [];

    /// <summary>Loads the key, asking for its passphrase where one is needed and none was given.</summary>
    private static LocalIdentity Load(string path, byte[] passphrase)
    {
        try
        {
            return KeyFile.Load(path, passphrase);
        }
        catch (KeyFileException e) when (e.Error == KeyFileError.PassphraseNeeded && passphrase.Length == 0)
        {
            byte[] typed = Passphrase.Ask("Passphrase of the key file: ");
            try
            {
                return KeyFile.Load(path, typed);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(typed);
            }
        }
    }
}
