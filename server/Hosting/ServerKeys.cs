using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Identity.Opaque;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>
/// The secrets of a server, in one file of mode 0600: <c>magic(8) "qpc-srv1" seed(32) oprfSeed(64) opaqueKey(32)</c>.
/// The seed is of the Ed25519 key that signs delivery proofs. Whoever loses the file loses every password: it belongs
/// to each backup.
/// </summary>
internal sealed class ServerKeys : IDisposable
{
    /// <summary>The file's name in the data directory.</summary>
    internal const string FileName = "server.key";

    private const int Size = 8 + Ed25519.SeedSize + OpaqueServer.SecretSize;

    private ServerKeys(ReadOnlySpan<byte> file, RandomFill random)
    {
        Identity = LocalIdentity.FromSeed(file.Slice(8, Ed25519.SeedSize));
        Opaque = new OpaqueServer(file[(8 + Ed25519.SeedSize)..], OpaqueSettings.Default, random);
        Hash = HMACSHA256.HashData(file, "qpc-server keys"u8);
    }

    private static ReadOnlySpan<byte> Magic => "qpc-srv1"u8;

    /// <summary>
    /// Tells these keys from others. It gives nothing of them away: they have more than 128 bits of chance.
    /// </summary>
    internal byte[] Hash { get; }

    /// <summary>Signs delivery proofs.</summary>
    internal LocalIdentity Identity { get; }

    /// <summary>Checks passwords.</summary>
    internal OpaqueServer Opaque { get; }

    /// <summary>Reads the keys of a data directory, or makes them.</summary>
    /// <exception cref="IOException">The file cannot be read or written, is damaged, or others may read it.</exception>
    internal static ServerKeys Open(string directory, RandomFill random)
    {
        string path = Path.Combine(directory, FileName);
        Span<byte> file = stackalloc byte[Size];
        try
        {
            if (File.Exists(path))
            {
                Read(path, file);
            }
            else
            {
                Magic.CopyTo(file);
                random(file.Slice(8, Ed25519.SeedSize));
                OpaqueServer.MakeSecret(random, file[(8 + Ed25519.SeedSize)..]);
                PrivateFile.Write(path, file);
            }

            return new ServerKeys(file, random);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(file);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Identity.Dispose();
        Opaque.Dispose();
    }

    private static void Read(string path, Span<byte> file)
    {
        PrivateFile.RequirePrivate(path);
        using FileStream stream = File.OpenRead(path);
        if (stream.Length != Size || stream.ReadAtLeast(file, Size, throwOnEndOfStream: false) != Size
            || !file.StartsWith(Magic))
            throw new IOException(
                $"{path} is damaged, or no key file of a qpc-server. Bring it back from a backup: without it no "
                    + "password works.");
    }
}
