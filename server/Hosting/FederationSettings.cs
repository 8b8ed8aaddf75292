using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.Connections;
using QuicProChat.Mesh.Server.Federation;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>The options of <c>run</c> about other servers.</summary>
internal sealed class FederationSettings
{
    private const int KeyDigits = 64;

    private readonly Option<FederationMode> _mode = new("--federation")
    {
        Description = "Other servers that this one speaks with: off; peers, those that --peer names; open, also those "
            + "with a certificate of --federation-ca.",
        DefaultValueFactory = _ => FederationMode.Off,
    };

    private readonly Option<string?> _domain = new("--domain")
    {
        Description = "What this server is called among servers, such as example.org: users are USER@example.org.",
    };

    private readonly Option<string[]> _listen = new("--federation-listen")
    {
        Description = "wss://ADDRESS:PORT for other servers; may be repeated. By default "
            + $"wss://[::]:{FederationOptions.DefaultPort}.",
    };

    private readonly Option<string?> _authority = new("--federation-ca")
    {
        Description = "Certificates in PEM of the authorities that certificates of other servers are of, or 'system'.",
    };

    private readonly Option<string?> _certificate = new("--federation-certificate")
    {
        Description = "A certificate for --domain in PEM with its chain. By default one is made, for others to pin.",
    };

    private readonly Option<string?> _key = new("--federation-certificate-key")
    {
        Description = "The certificate's key in PEM, if it is in a file of its own.",
    };

    private readonly Option<string[]> _peers = new("--peer")
    {
        Description = "A server to speak with: DOMAIN=wss://HOST:PORT,KEY, where KEY is what its 'qpc-server "
            + "fingerprint --federation' prints; without KEY --federation-ca has to stand for it. May be repeated.",
    };

    /// <summary>The options, for the command.</summary>
    internal IReadOnlyList<Option> Options =>
        [_mode, _domain, _listen, _authority, _certificate, _key, _peers];

    /// <summary>What was given.</summary>
    /// <exception cref="UsageException">It makes no sense.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal FederationOptions Read(ParseResult parsed)
    {
        FederationMode mode = parsed.GetValue(_mode);
        Dictionary<string, NamedPeer> peers = new(StringComparer.Ordinal);
        foreach (string text in parsed.GetValue(_peers) ?? [])
        {
            if (!TryReadPeer(text, out NamedPeer? peer, out string? problem))
                throw new UsageException(problem);
            if (!peers.TryAdd(peer.Domain, peer))
                throw new UsageException($"--peer names {peer.Domain} twice.");
        }

        if (mode == FederationMode.Off)
            return peers.Count == 0 ? new FederationOptions()
                : throw new UsageException("--peer does nothing without --federation peers, or open.");
        if (parsed.GetValue(_domain) is not { } domain || !ServerDomain.IsValid(domain))
            throw new UsageException(
                "--federation needs --domain, a name in lower case such as example.org: what users of other servers "
                    + "write behind the @.");
        X509Certificate2Collection? authorities = ReadAuthorities(parsed.GetValue(_authority));
        if (mode == FederationMode.Open && authorities is null)
            throw new UsageException("--federation open needs --federation-ca: FILE, or system.");
        if (authorities is null && peers.Values.FirstOrDefault(p => p.Key is null) is { } unproven)
            throw new UsageException(
                $"--peer {unproven.Domain}: name its KEY behind a comma, or an authority with --federation-ca.");
        string[] listen = parsed.GetValue(_listen) is { Length: > 0 } given ? given
            : [$"wss://{ServerCommands.AnyAddress}:{FederationOptions.DefaultPort}"];
        return new FederationOptions
        {
            Mode = mode,
            Domain = domain,
            Listen = [.. listen.Select(l => l.StartsWith("wss://", StringComparison.Ordinal)
                ? ServerCommands.ReadEndpoint(l["wss://".Length..])
                : throw new UsageException($"'{l}': write wss://ADDRESS:PORT"))],
            Peers = peers,
            Authorities = authorities,
            CertificateFile = parsed.GetValue(_certificate),
            CertificateKeyFile = parsed.GetValue(_key),
        };
    }

    /// <summary>Reads <c>DOMAIN=wss://HOST:PORT[,KEY]</c>.</summary>
    internal static bool TryReadPeer(
        string text, [NotNullWhen(true)] out NamedPeer? peer, [NotNullWhen(false)] out string? problem)
    {
        peer = null;
        problem = $"--peer '{text}': write DOMAIN=wss://HOST:PORT,KEY, such as "
            + $"example.org=wss://chat.example.org:{FederationOptions.DefaultPort},5f2b...";
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !ServerDomain.IsValid(text.AsSpan(0, equals)))
            return false;
        string[] rest = text[(equals + 1)..].Split(',');
        if (rest.Length > 2 || !rest[0].StartsWith("wss://", StringComparison.Ordinal)
            || !ServerEndpoint.TryParse(rest[0], out ServerEndpoint? endpoint, out _))
            return false;
        string? key = rest.Length == 2 ? rest[1].ToLowerInvariant() : null;
        if (key is not null && (key.Length != KeyDigits || !key.All(char.IsAsciiHexDigit)))
        {
            problem = $"--peer '{text}': a KEY has {KeyDigits} hexadecimal digits.";
            return false;
        }

        peer = new NamedPeer(text[..equals], endpoint, key);
        problem = null;
        return true;
    }

    private static X509Certificate2Collection? ReadAuthorities(string? file)
    {
        if (file is null)
            return null;
        X509Certificate2Collection authorities = [];
        if (file == "system")
            return authorities;
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{file}: no certificates in PEM: {FaultText.Of(e)}", e);
        }

        return authorities.Count > 0 ? authorities : throw new IOException($"{file} has no certificate in PEM.");
    }
}

/// <summary>A command line makes no sense; what it says goes to the operator.</summary>
internal sealed class UsageException(string message) : Exception(message);
