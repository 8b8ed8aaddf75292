using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Tests.Postgres;
using QuicProChat.Mesh.Server.Tests.Wire;

namespace QuicProChat.Mesh.Server.Tests.Federation;

/// <summary>Servers that know each other: an authority, and a port for each domain.</summary>
internal sealed class Realm : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-realm-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Dictionary<string, int> _ports = [];
    private int _certificates;

    internal Realm()
    {
        CertificateRequest request = new("CN=an authority", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        Authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9));
        AuthorityFile = Path.Combine(_directory, "ca.pem");
        File.WriteAllText(AuthorityFile, Authority.ExportCertificatePem());
    }

    internal X509Certificate2 Authority { get; }

    internal string AuthorityFile { get; }

    /// <summary>The port of a domain's server.</summary>
    internal int PortOf(string domain)
    {
        lock (_ports)
        {
            if (!_ports.TryGetValue(domain, out int port))
                _ports[domain] = port = FreePort();
            return port;
        }
    }

    /// <summary>A certificate with its key in PEM.</summary>
    internal string CertificateFor(params string[] names) => CertificateFor(useRsa: false, names);

    internal string CertificateFor(bool useRsa, params string[] names)
    {
        using ECDsa? curve = useRsa ? null : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using RSA? rsa = useRsa ? RSA.Create(2048) : null;
        CertificateRequest request = curve is not null ? new("CN=a server", curve, HashAlgorithmName.SHA256)
            : new("CN=a server", rsa!, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder alternatives = new();
        foreach (string name in names)
            alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        byte[] serial = new byte[8];
        RandomNumberGenerator.Fill(serial);
        serial[0] &= 0x7F;
        using X509Certificate2 certificate = request.Create(
            Authority.SubjectName, X509SignatureGenerator.CreateForECDsa(_key), DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(5), serial);
        string file = Path.Combine(_directory, $"certificate{Interlocked.Increment(ref _certificates)}.pem");
        File.WriteAllText(file, $"{certificate.ExportCertificatePem()}\n"
            + $"{(curve as AsymmetricAlgorithm ?? rsa!).ExportPkcs8PrivateKeyPem()}\n");
        return file;
    }

    /// <summary>Settings of a server that speaks with others.</summary>
    internal FederationOptions Options(string domain, params string[] peers) => new()
    {
        Mode = FederationMode.Peers,
        Domain = domain,
        Listen = [new IPEndPoint(IPAddress.Loopback, PortOf(domain))],
        Authorities = [Authority],
        CertificateFile = CertificateFor(domain),
        Peers = peers.ToDictionary(p => p, p => Named(p)),
    };

    internal NamedPeer Named(string domain, string? key = null)
    {
        Assert.True(ServerEndpoint.TryParse(
            $"wss://127.0.0.1:{PortOf(domain)}", out ServerEndpoint? endpoint, out _));
        return new NamedPeer(domain, endpoint, key);
    }

    /// <summary>A server that speaks with others.</summary>
    internal Task<TestServer> StartAsync(FederationOptions options, string? database = null) =>
        TestServer.StartAsync(o => o with
        {
            Federation = options,
            Postgres = database is null ? null : PostgresPrograms.Read(database),
        });

    /// <summary>A connection to a server with some certificate, as another server makes one.</summary>
    internal async Task<RawPeer> ConnectAsync(string to, params string[] names)
    {
        FederationOptions options = Options(names[0], to) with { CertificateFile = CertificateFor(names) };
        FederationCertificate own = FederationCertificate.Open(_directory, options);
        return new RawPeer(
            own, await new PeerDialer(options, own, new PeerTrust(options)).DialAsync(to, CancellationToken.None));
    }

    /// <summary>The same with any certificate, also one that this side would not show.</summary>
    internal async Task<RawPeer> ConnectWithAsync(string to, string certificate)
    {
        FederationOptions options = Options("x.example", to);
        FederationCertificate own = FederationCertificate.Of(Hosting.TlsCertificate.Read(certificate, null));
        return new RawPeer(
            own, await new PeerDialer(options, own, new PeerTrust(options)).DialAsync(to, CancellationToken.None));
    }

    public void Dispose()
    {
        Authority.Dispose();
        _key.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>Another server that says what a test wants it to say.</summary>
internal sealed class RawPeer(FederationCertificate own, IRpcConnection connection) : IAsyncDisposable
{
    internal FederationCertificate Own => own;

    internal async Task<(RpcStatus Status, string Words)> CallAsync(
        RpcMethod method, string origin, string destination, IMessage body, TimeSpan late = default)
    {
        Rpc.V1.FederationRequest request =
            SignedCall.Sign(method, origin, destination, body, DateTimeOffset.UtcNow + late, own.Certificate);
        return await CallAsync(method, request);
    }

    internal Task<(RpcStatus Status, string Words)> CallAsync(RpcMethod method, IMessage request) =>
        CallAsync(method, request.ToByteArray());

    internal async Task<(RpcStatus Status, string Words)> CallAsync(RpcMethod method, byte[] request)
    {
        RpcReply reply = await connection.CallAsync(method, request, CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(60));
        return (reply.Status, reply.Status == RpcStatus.Ok ? ""
            : Rpc.V1.Failure.Parser.ParseFrom(reply.Payload.Span).Message);
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        own.Dispose();
    }
}
