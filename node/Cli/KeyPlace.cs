using System.CommandLine;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// Where data and key are, for commands that need them beside the daemon: what the command line says, else beside the
/// control socket that is asked, else where the packages put them.
/// </summary>
/// <param name="socketOf">The control socket that is asked; null where none is.</param>
internal sealed class KeyPlace(Func<ParseResult, string>? socketOf = null)
{
    // The package for routers keeps the key apart from the store: a system upgrade keeps /etc.
    private const string RouterDirectory = "/srv/qpc-mesh";
    private const string RouterKey = "/etc/qpc-mesh/identity.key";

    private readonly Option<string?> _dataDir =
        new("--data-dir") { Description = "Where the store is, and the key.", HelpName = "DIR" };
    private readonly Option<string?> _keyFile =
        new("--key-file") { Description = "The key file, if not in DIR.", HelpName = "FILE" };
    private readonly Option<string?> _passphraseFile =
        new("--passphrase-file")
        {
            Description = "Passphrase of the key file: the first line of FILE.",
            HelpName = "FILE"
        };

    internal void AddTo(Command command)
    {
        command.Options.Add(_dataDir);
        command.Options.Add(_keyFile);
        command.Options.Add(_passphraseFile);
    }

    /// <summary>The data directory.</summary>
    internal string DirectoryOf(ParseResult parsed)
    {
        if (parsed.GetValue(_dataDir) is { } named)
            return NodeOptions.DirectoryOf(named);
        // Unless it was put elsewhere, the socket lies in the data directory of the daemon that is meant.
        if (socketOf is not null && BesideSocket(socketOf(parsed)) is { } beside)
            return beside;
        string usual = DefaultPaths.DataDirectory;
        return !Directory.Exists(usual) && Directory.Exists(RouterDirectory) ? RouterDirectory : usual;
    }

    /// <summary>The directory of a control socket, if a node's key is there too.</summary>
    internal static string? BesideSocket(string socket) =>
        Path.GetDirectoryName(Path.GetFullPath(socket)) is { } directory
            && File.Exists(DataDirectory.KeyFileIn(directory)) ? directory : null;

    /// <summary>The key file.</summary>
    internal string KeyFileOf(ParseResult parsed)
    {
        if (NodeOptions.PathOf("--key-file", parsed.GetValue(_keyFile)) is { } named)
            return named;
        string usual = DataDirectory.KeyFileIn(DirectoryOf(parsed));
        return parsed.GetValue(_dataDir) is null && !File.Exists(usual) && DirectoryOf(parsed) == RouterDirectory
            ? RouterKey : usual;
    }

    /// <summary>The passphrase of the key file; empty without one. The caller zeroes it.</summary>
    internal byte[] PassphraseOf(ParseResult parsed) => parsed.GetValue(_passphraseFile) is { } file
        ? Passphrase.Read(file) : [];

    /// <summary>Opens the key file, asking for its passphrase where one is needed and none was given.</summary>
    internal LocalIdentity Load(ParseResult parsed)
    {
        string path = KeyFileOf(parsed);
        byte[] passphrase = PassphraseOf(parsed);
        try
        {
            return KeyFile.Load(path, passphrase);
        }
        catch (KeyFileException e) when (e.Error == KeyFileError.PassphraseNeeded && passphrase.Length == 0)
        {
            CryptographicOperations.ZeroMemory(passphrase);
            passphrase = Passphrase.Ask("Passphrase of the key file: ");
            return KeyFile.Load(path, passphrase);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }
}
