using System.CommandLine;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Transports.Mdns;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>The options that <c>run</c> and <c>repl --start</c> share, and how they become a configuration.</summary>
internal sealed class NodeOptions
{
    private readonly Option<string?> _config =
        new("--config") { Description = "Configuration file (docs/reference/configuration.md).", HelpName = "FILE" };
    private readonly Option<string?> _dataDir =
        new("--data-dir") { Description = "Where the key and the store are.", HelpName = "DIR" };
    private readonly Option<string?> _control =
        new("--control") { Description = "Path of the control socket.", HelpName = "SOCKET" };
    private readonly Option<string[]> _listen =
        new("--listen")
        {
            Description =
                "Listen on tcp://host:port, quic://host:port or a radio, lora:/dev/...?...; repeatable.",
            HelpName = "URI"
        };
    private readonly Option<string[]> _peer =
        new("--peer") { Description = "Keep a link to tcp://host:port[/#qpc1...]; repeatable.", HelpName = "URI" };
    private readonly Option<string?> _discovery =
        new("--discovery")
        {
            Description =
                $"Find nodes on the links of this machine, and be found: {DiscoveryModes.Names}.",
            HelpName = "MODE"
        };
    private readonly Option<string?> _name =
        new("--name") { Description = "What this node calls itself.", HelpName = "NAME" };
    private readonly Option<string?> _level =
        new("--log-level") { Description = Settings.LevelNames + ".", HelpName = "LEVEL" };

    private readonly Option<string?> _web =
        new("--web") { Description = "Serve the page there, such as 127.0.0.1:8420.", HelpName = "ADDRESS:PORT" };

    private readonly Option<bool> _noRoot =
        new("--no-root") { Description = "Refuse to run as root.", Arity = ArgumentArity.Zero };

    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _config, _dataDir, _control, _listen, _peer, _discovery, _name, _level,
            _web, _noRoot })
            command.Options.Add(option);
    }

    /// <summary>
    /// Refuses to be root where <c>--no-root</c> is said, as the packages do: a service manager that does not know the
    /// user it should run a node as may run it as root and say nothing.
    /// </summary>
    /// <exception cref="UsageException">This process is root's.</exception>
    internal void RefuseRoot(ParseResult parsed)
    {
        if (parsed.GetValue(_noRoot) && Environment.IsPrivilegedProcess)
            throw new UsageException(
                "this is root, and --no-root forbids it: the user that the service should run as is missing");
    }

    /// <summary>Reads the configuration: defaults, file, command line. Called again on SIGHUP.</summary>
    /// <exception cref="UsageException">Something in it is wrong.</exception>
    internal NodeConfiguration Load(ParseResult parsed)
    {
        var configuration = new NodeConfiguration();
        if (parsed.GetValue(_config) is { } file && ConfigurationFile.Load(file, configuration) is { } error)
            throw new UsageException(error);

        configuration.DataDirectory = PathOf("--data-dir", parsed.GetValue(_dataDir)) ?? configuration.DataDirectory;
        if (configuration.DataDirectory.Length == 0)
            configuration.DataDirectory = DefaultPaths.DataDirectory;
        configuration.Control = PathOf("--control", parsed.GetValue(_control)) ?? configuration.Control;
        if (configuration.ControlGroup is not null
            && configuration.ControlPath.StartsWith(configuration.DataDirectory + '/', StringComparison.Ordinal))
            throw new UsageException(
                "controlGroup: the group cannot reach a control socket in the data directory, which is its owner's "
                    + "alone; put it elsewhere with \"control\"");
        configuration.Listen = Uris("--listen", parsed.GetValue(_listen), ListenUri.Check) ?? configuration.Listen;
        configuration.Peers = Uris("--peer", parsed.GetValue(_peer), Settings.CheckPeer) ?? configuration.Peers;
        if (parsed.GetValue(_name) is { } name)
        {
            if (NodeName.Explain(name) is { } wrong)
                throw new UsageException($"--name: '{Screen.Printable(name)}' cannot be a name: {wrong}");
            configuration.Name = name;
        }

        if (parsed.GetValue(_discovery) is { } found)
        {
            configuration.Discovery = DiscoveryModes.TryParse(found, out DiscoveryMode mode)
                ? mode : throw new UsageException(
                    $"--discovery: '{Screen.Printable(found)}' is none of {DiscoveryModes.Names}");
        }

        if (parsed.GetValue(_level) is { } text)
        {
            if (!Settings.TryParse(text, out Microsoft.Extensions.Logging.LogLevel level))
                throw new UsageException($"--log-level: '{text}' is none of {Settings.LevelNames}");
            configuration.LogLevel = level;
        }

        if (parsed.GetValue(_web) is { } web)
        {
            if (PageEnd.Check(web) is { } wrong)
                throw new UsageException($"--web: {wrong}");
            configuration.WebListen = web;
        }

        return configuration;
    }

    /// <summary>The data directory that the command line names, or the usual one.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    internal static string DirectoryOf(string? option) => PathOf("--data-dir", option) ?? DefaultPaths.DataDirectory;

    /// <summary>
    /// A path from the command line, absolute: where the shell stands now is what was meant, wherever the daemon goes.
    /// </summary>
    internal static string? PathOf(string option, string? value) => value switch
    {
        null => null,
        _ when value.Length == 0 || value.Contains('\0', StringComparison.Ordinal) =>
            throw new UsageException($"{option}: a path is missing"),
        _ => Path.GetFullPath(value),
    };

    private static string[]? Uris(string option, string[]? values, Func<string, string?> check)
    {
        if (values is null or [])
            return null;
        // Not the value itself: a radio's may hold the key of a network.
        string? wrong = values.Select(check).FirstOrDefault(e => e is not null);
        return wrong is null ? values : throw new UsageException($"{option}: {wrong}");
    }
}
