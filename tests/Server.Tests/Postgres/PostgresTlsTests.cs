using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Stores.Postgres;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Tests.Postgres;

/// <summary>PostgreSQL over TLS, with certificates of an authority that the test makes.</summary>
public sealed class PostgresTlsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-tls-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [PostgresFact]
    public async Task Verify_full_takes_the_database_that_its_authority_names_and_no_other()
    {
        (string authority, string certificate, string key) = Make("localhost");
        (string stranger, _, _) = Make("localhost");
        PostgresTls tls = new(FreePort(), certificate, key);
        PostgresCluster cluster = new() { Tls = tls };
        await cluster.InitializeAsync();
        try
        {
            string database = PostgresPrograms.Read(await cluster.MakeDatabaseAsync()).Database;
            string Text(string host, string root) =>
                $"host={host} port={tls.Port} dbname={database} user=postgres sslmode=verify-full "
                    + $"sslrootcert={Write(root)}";
            await using (PostgresServerStore store = await OpenAsync(Text("localhost", authority)))
            {
                Assert.Null(await store.Accounts.FindAsync("nobody"));
                Assert.Equal(true, await cluster.ExecuteAsync("postgres",
                    "SELECT bool_and(s.ssl) FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) "
                        + "WHERE a.application_name = 'qpc-server'"));
            }

            // Another authority; another name than the certificate's; none that is trusted.
            await RefusesAsync(Text("localhost", stranger));
            await RefusesAsync(Text("127.0.0.1", authority));
            await RefusesAsync($"host=localhost port={tls.Port} dbname={database} user=postgres "
                + "sslmode=verify-full");
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    [PostgresFact]
    public async Task Verify_full_does_not_go_on_without_TLS()
    {
        PostgresTls tls = new(FreePort(), "", "") { IsPlain = true };
        PostgresCluster cluster = new() { Tls = tls };
        await cluster.InitializeAsync();
        try
        {
            string database = PostgresPrograms.Read(await cluster.MakeDatabaseAsync()).Database;
            (string authority, _, _) = Make("localhost");
            await RefusesAsync($"host=localhost port={tls.Port} dbname={database} user=postgres "
                + $"sslmode=verify-full sslrootcert={Write(authority)}");
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    private static async Task RefusesAsync(string text)
    {
        StoreException refused = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(text));
        Assert.Contains("cannot be reached", refused.Message);
    }

    private static Task<PostgresServerStore> OpenAsync(string text) => PostgresServerStore.OpenAsync(
        PostgresPrograms.Read(text), make: true, new StoreLimits(), TimeProvider.System, RandomSource.System);

    private string Write(string pem)
    {
        string path = Path.Combine(_directory, Path.GetRandomFileName());
        File.WriteAllText(path, pem);
        return path;
    }

    // An authority, and a certificate of it for a name: PEM.
    private static (string Authority, string Certificate, string Key) Make(string name)
    {
        DateTimeOffset from = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), to = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using ECDsa root = ECDsa.Create(ECCurve.NamedCurves.nistP256), own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest rootRequest = new("CN=Authority", root, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        rootRequest.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        using X509Certificate2 authority = rootRequest.CreateSelfSigned(from, to);
        CertificateRequest request = new($"CN={name}", own, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(authority, from, to, [1, 2, 3, 4]);
        return (authority.ExportCertificatePem(), certificate.ExportCertificatePem(), own.ExportPkcs8PrivateKeyPem());
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
