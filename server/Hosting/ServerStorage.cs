using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Stores.Postgres;
using QuicProChat.Mesh.Server.Stores.Sqlite;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>What a server has on disks: its store, its keys, its certificate.</summary>
internal sealed record ServerStorage(IServerStore Store, ServerKeys Keys, X509Certificate2 Certificate)
{
    /// <summary>What is shown to other servers; null where it speaks with none.</summary>
    internal FederationCertificate? Federation { get; init; }

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Opens all of it, and makes what is missing.</summary>
    /// <exception cref="IOException">A file cannot be used.</exception>
    /// <exception cref="StoreException">The store cannot be used.</exception>
    internal static async Task<ServerStorage> OpenAsync(ServerOptions options, TimeProvider time, RandomFill random)
    {
        ServerStorage storage = await OpenStoreAsync(options, time, random);
        if (options.Federation.Mode == FederationMode.Off)
            return storage;
        try
        {
            return storage with
            {
                Federation = FederationCertificate.Open(options.DataDirectory, options.Federation),
            };
        }
        catch
        {
            await storage.Store.DisposeAsync();
            storage.Keys.Dispose();
            storage.Certificate.Dispose();
            throw;
        }
    }

    private static async Task<ServerStorage> OpenStoreAsync(
        ServerOptions options, TimeProvider time, RandomFill random)
    {
        MakeDirectory(options.DataDirectory);
        if (options.Postgres is null)
        {
            X509Certificate2 certificate = OpenCertificate(options);
            ServerKeys own = ServerKeys.Open(options.DataDirectory, random);
            return new ServerStorage(
                SqliteServerStore.Open(options.DataDirectory, options.Limits, time), own, certificate);
        }

        PostgresServerStore store =
            await PostgresServerStore.OpenAsync(options.Postgres, make: true, options.Limits, time, random);
        try
        {
            ServerKeys keys = await OpenKeysAsync(options, store, random);
            return new ServerStorage(store, keys, OpenCertificate(options));
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a data directory that only its owner reads, where there is none.</summary>
    internal static void MakeDirectory(string path) => Directory.CreateDirectory(path, Private);

    private static X509Certificate2 OpenCertificate(ServerOptions options) => options.CertificateFile is { } file
        ? TlsCertificate.Read(file, options.CertificateKeyFile)
        : TlsCertificate.OpenOwn(options.DataDirectory, options.Hosts);

    // All processes of a database have the same keys. The keys are not in the database, so that whoever steals it can
    // try no passwords; the database has their hash, so that no process begins with others.
    private static async Task<ServerKeys> OpenKeysAsync(
        ServerOptions options, PostgresServerStore store, RandomFill random)
    {
        List<string> needed = [Path.Combine(options.DataDirectory, ServerKeys.FileName)];
        if (options.CertificateFile is null)
            needed.Add(Path.Combine(options.DataDirectory, TlsCertificate.FileName));
        if (await store.ReadKeysAsync() is not null && needed.Find(f => !File.Exists(f)) is { } missing)
            throw new IOException(
                $"{missing} is not there, and the database belongs to a server that has one: copy "
                    + $"{string.Join(" and ", needed.Select(Path.GetFileName))} from another process of it, or "
                    + "from a backup.");
        ServerKeys keys = ServerKeys.Open(options.DataDirectory, random);
        byte[] claimed = await store.ClaimKeysAsync(keys.Hash);
        if (keys.Hash.AsSpan().SequenceEqual(claimed))
            return keys;
        keys.Dispose();
        throw new IOException(
            $"{needed[0]} is not the key file of this database: no password would work. Copy it from another "
                + "process of the database, or from a backup.");
    }
}
