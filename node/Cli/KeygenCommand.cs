using System.CommandLine;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>qpc-mesh keygen</c>: makes a key file and prints the address. <c>run</c> makes one too if there is none.
/// </summary>
internal static class KeygenCommand
{
    internal static Command Build()
    {
        var dataDir = new Option<string?>("--data-dir") { Description = "Where the key goes.", HelpName = "DIR" };
        var keyFile = new Option<string?>("--key-file")
        {
            Description = "The key file, if not in DIR.",
            HelpName = "FILE"
        };
        var passphraseFile =
            new Option<string?>("--passphrase-file")
            {
                Description = "Protect the key with the first line of FILE.",
                HelpName = "FILE"
            };
        var command = new Command("keygen", "Makes this node's key and prints its address.") { dataDir, keyFile,
            passphraseFile };
        command.SetAction(parsed =>
        {
            string directory = NodeOptions.DirectoryOf(parsed.GetValue(dataDir));
            using DataDirectory taken =
                DataDirectory.Take(directory, NodeOptions.PathOf("--key-file", parsed.GetValue(keyFile)));
            if (!taken.HasKey)
                taken.RefuseNewKey();
            byte[] passphrase = parsed.GetValue(passphraseFile) is { } file ? Passphrase.Read(file) : [];
            try
            {
                using var identity = LocalIdentity.Generate();
                KeyFile.Save(taken.KeyFile, identity, passphrase);
                Console.WriteLine(identity.Address);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(passphrase);
            }

            return ExitCode.Done;
        });
        return command;
    }
}
