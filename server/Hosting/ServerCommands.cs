using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Server.Stores.Postgres;
using QuicProChat.Mesh.Server.Stores.Sqlite;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>The program's command line.</summary>
internal static class ServerCommands
{
    private const int DefaultPort = 8443;
    private const string Sqlite = "sqlite";

    private static readonly Option<string> DataDirectory = new("--data-dir")
    {
        Description = "Where everything is kept.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("STATE_DIRECTORY") is { Length: > 0 } state
            ? state : "/var/lib/qpc-server",
    };

    private static readonly Option<string> Store = new("--store")
    {
        Description = "sqlite, or postgres:CONNECTION for several processes over one database, such as "
            + "postgres://qpc@db.example.org/qpc?sslmode=verify-full, or postgres:@FILE with the connection in a file.",
        DefaultValueFactory = _ => Sqlite,
    };

    /// <summary><c>run</c>.</summary>
    internal static Command Run()
    {
        Option<string[]> listen = new("--listen")
        {
            Description = "wss://ADDRESS:PORT or quic://ADDRESS:PORT; may be repeated. By default "
                + $"wss://[::]:{DefaultPort}.",
        };
        Option<string[]> hosts =
            new("--host") { Description = "A name of this server; may be repeated. localhost always is one." };
        Option<string[]> origins =
            new("--origin") { Description = "An origin of pages that may connect, such as https://chat.example.org." };
        Option<string?> certificate =
            new("--certificate")
            {
                Description =
                    "A certificate in PEM with its chain. By default one is made, for clients to pin."
            };
        Option<string?> key =
            new("--certificate-key") { Description = "The certificate's key in PEM, if it is in a file of its own." };
        Option<RegistrationPolicy> registration = new("--registration")
        {
            Description = "Who may register.",
            DefaultValueFactory = _ => RegistrationPolicy.Invite,
        };
        Option<string?> metrics =
            new("--metrics-listen")
            {
                Description =
                    "ADDRESS:PORT for /metrics and /health in plain HTTP, such as 127.0.0.1:9465."
            };
        ServerOptions defaults = new() { DataDirectory = "" };
        Option<int> clients =
            new("--max-clients")
            {
                Description = "Connections in all.",
                DefaultValueFactory = _ => defaults.MaxClients
            };
        Option<int> perSource = new("--max-clients-per-source")
        {
            Description = "Connections from one IPv4 address or IPv6 /48; behind a proxy all come from one.",
            DefaultValueFactory = _ => defaults.MaxClientsPerSource,
        };
        Option<int> calls = new("--calls-per-second")
        {
            Description = "Calls of one account in the long run; four times as many at once.",
            DefaultValueFactory = _ => (int)defaults.Rates.Calls.PerSecond,
        };
        FederationSettings federation = new();
        Option<int> blobs = new("--max-blob-gib")
        {
            Description = "GiB of all blobs: what files in conversations take.",
            DefaultValueFactory = _ => (int)(defaults.Limits.Blobs.MaxInAll >> 30),
        };
        Option<int> blobsOfAccount = new("--max-blob-mib-per-account")
        {
            Description = "MiB of the blobs of one account.",
            DefaultValueFactory = _ => (int)(defaults.Limits.Blobs.MaxOfAccount >> 20),
        };
        Command command = new("run", "Runs the server until SIGTERM.")
        {
            DataDirectory, Store, listen, hosts, origins, certificate, key, registration, metrics, clients, perSource,
            calls, blobs, blobsOfAccount,
        };
        foreach (Option option in federation.Options)
            command.Add(option);
        ExtensionOptions extensions = new();
        extensions.AddTo(command);
        command.SetAction((parsed, _) => GuardAsync(async () =>
        {
            ServerOptions options = new()
            {
                DataDirectory = parsed.GetRequiredValue(DataDirectory),
                Postgres = ReadStore(parsed.GetRequiredValue(Store)),
                Hosts = ["localhost", .. parsed.GetValue(hosts) ?? []],
                Origins = parsed.GetValue(origins) ?? [],
                CertificateFile = parsed.GetValue(certificate),
                CertificateKeyFile = parsed.GetValue(key),
                Registration = parsed.GetValue(registration),
                MetricsListen = parsed.GetValue(metrics) is { } text ? ReadEndpoint(text) : null,
                Federation = federation.Read(parsed),
                MaxClients = parsed.GetRequiredValue(clients),
                MaxClientsPerSource = parsed.GetRequiredValue(perSource),
                Limits = defaults.Limits with
                {
                    Blobs = defaults.Limits.Blobs with
                    {
                        MaxInAll = (long)parsed.GetRequiredValue(blobs) << 30,
                        MaxOfAccount = (long)parsed.GetRequiredValue(blobsOfAccount) << 20,
                    },
                },
                Rates = defaults.Rates with
                {
                    Calls = new Rate(4.0 * parsed.GetRequiredValue(calls), parsed.GetRequiredValue(calls)),
                    Connections = new Rate(
                        Math.Max(defaults.Rates.Connections.Burst, parsed.GetRequiredValue(perSource) / 4.0),
                        defaults.Rates.Connections.PerSecond),
                },
            };
            options = Listening(options, parsed.GetValue(listen) ?? []);
            (options, string? problem) = extensions.Apply(parsed, options);
            if (problem is not null)
                throw new UsageException(problem);
            await using ServerHost server =
                await ServerHost.StartAsync(options, TimeProvider.System, RandomSource.System);
            await server.RunAsync();
        }));
        return command;
    }

    /// <summary><c>fingerprint</c>.</summary>
    internal static Command Fingerprint()
    {
        Option<string?> certificate =
            new("--certificate") { Description = "The certificate in PEM, if the server is run with one." };
        Option<bool> federation =
            new("--federation") { Description = "The one that other servers pin: of the certificate for them." };
        Option<string?> domain =
            new("--domain") { Description = "With --federation: makes the certificate where there is none yet." };
        Command command =
            new("fingerprint",
                "Prints the fingerprint that clients pin: SHA-256 of the certificate's key.") { DataDirectory,
                certificate, federation, domain };
        command.SetAction((parsed, _) => GuardAsync(() =>
        {
            if (parsed.GetValue(federation) && parsed.GetValue(domain) is { } name)
                MakeFederationCertificate(parsed.GetRequiredValue(DataDirectory), name);
            string path = parsed.GetValue(certificate)
                ?? Path.Combine(parsed.GetRequiredValue(DataDirectory),
                    parsed.GetValue(federation) ? FederationCertificate.FileName : TlsCertificate.FileName);
            if (!File.Exists(path))
                throw new IOException($"{path} is not there; 'qpc-server run' makes it.");
            using X509Certificate2 read = X509Certificate2.CreateFromPem(File.ReadAllText(path));
            Console.WriteLine(ServerTrust.Fingerprint(read));
            return Task.CompletedTask;
        }));
        return command;
    }

    /// <summary><c>invite</c>.</summary>
    internal static Command Invite()
    {
        Command command =
            new("invite",
                "Prints an invitation that registers one account; the server may be running.") { DataDirectory, Store };
        command.SetAction((parsed, _) => GuardAsync(async () =>
        {
            string invitation = Invitations.Make(RandomSource.System);
            if (ReadStore(parsed.GetRequiredValue(Store)) is { } postgres)
            {
                await using PostgresServerStore store = await PostgresServerStore.OpenAsync(
                    postgres, make: false, new StoreLimits(), TimeProvider.System, RandomSource.System);
                await store.Accounts.AddInviteAsync(Invitations.Hash(invitation));
            }
            else
            {
                SqliteInvites.Add(parsed.GetRequiredValue(DataDirectory), Invitations.Hash(invitation));
            }

            Console.WriteLine(invitation);
        }));
        return command;
    }

    private static void MakeFederationCertificate(string directory, string domain)
    {
        if (!Rpc.ServerDomain.IsValid(domain))
            throw new UsageException($"'{domain}' is no domain: a name in lower case such as example.org");
        ServerStorage.MakeDirectory(directory);
        using FederationCertificate made = FederationCertificate.Open(
            directory, new FederationOptions { Domain = domain });
    }

    /// <summary><c>moderator</c>.</summary>
    internal static Command Moderator() => ModeratorCommands.Make(DataDirectory, Store, ReadStore, GuardAsync);

    // What an operator can do something about is one line, not a trace.
    private static async Task<int> GuardAsync(Func<Task> run)
    {
        try
        {
            await run();
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreException or UsageException)
        {
            await Console.Error.WriteLineAsync($"qpc-server: {FaultText.Of(e)}");
            return e is UsageException ? 2 : 1;
        }
    }

    private static PostgresConnection? ReadStore(string text)
    {
        if (text == Sqlite)
            return null;
        if (!PostgresConnection.TryStrip(text, out string rest))
            throw new UsageException("--store is sqlite or postgres:CONNECTION.");
        return PostgresConnection.TryRead(rest, out PostgresConnection? connection, out string? problem) ? connection
            : throw new UsageException(problem);
    }

    private static ServerOptions Listening(ServerOptions options, string[] listen)
    {
        List<IPEndPoint> webSocket = [], quic = [];
        foreach (string text in listen)
        {
            if (text.StartsWith("wss://", StringComparison.Ordinal))
                webSocket.Add(ReadEndpoint(text["wss://".Length..]));
            else if (text.StartsWith("quic://", StringComparison.Ordinal))
                quic.Add(ReadEndpoint(text["quic://".Length..]));
            else
                throw new UsageException($"'{text}': write wss://ADDRESS:PORT or quic://ADDRESS:PORT");
        }

        if (listen.Length == 0)
            webSocket.Add(ReadEndpoint($"{AnyAddress}:{DefaultPort}"));
        return options with { Listen = webSocket, ListenQuic = quic };
    }

    /// <summary>All addresses of this machine, which may have no IPv6.</summary>
    internal static string AnyAddress => Socket.OSSupportsIPv6 ? "[::]" : "0.0.0.0";

    /// <summary>Reads an address with its port.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    internal static IPEndPoint ReadEndpoint(string text) =>
        TryReadEndpoint(text, out IPEndPoint? endpoint) ? endpoint
            : throw new UsageException($"'{text}' is no ADDRESS:PORT, such as 127.0.0.1:8443 or [::]:8443");

    private static bool TryReadEndpoint(string text, [NotNullWhen(true)] out IPEndPoint? endpoint) =>
        IPEndPoint.TryParse(text, out endpoint) && (endpoint.Port > 0 || text.EndsWith(":0", StringComparison.Ordinal));
}
