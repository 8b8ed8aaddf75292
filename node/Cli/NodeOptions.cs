using System.CommandLine;
using QuicProChat.Mesh.Node.Configuration;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>The options that <c>run</c> and <c>repl --start</c> share, and how they become a configuration.</summary>
internal sealed class NodeOptions
{
    private readonly Option<string?> _config = new("--config") { Description = "Configuration file (docs/configuration.md).", HelpName = "FILE" };
    private readonly Option<string?> _dataDir = new("--data-dir") { Description = "Where the key and the store are.", HelpName = "DIR" };
    private readonly Option<string?> _control = new("--control") { Description = "Path of the control socket.", HelpName = "SOCKET" };
    private readonly Option<string[]> _listen = new("--listen") { Description = "Listen on tcp://host:port, quic://host:port or a radio, lora:/dev/...?...; repeatable.", HelpName = "URI" };
    private readonly Option<string[]> _peer = new("--peer") { Description = "Keep a link to tcp://host:port[/#qpc1...]; repeatable.", HelpName = "URI" };
    private readonly Option<string?> _name = new("--name") { Description = "What this node calls itself.", HelpName = "NAME" };
    private readonly Option<string?> _level = new("--log-level") { Description = Settings.LevelNames + ".", HelpName = "LEVEL" };

    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _config, _dataDir, _control, _listen, _peer, _name, _level })
            command.Options.Add(option);
    }

    /// <summary>Reads the configuration: defaults, file, command line. Called again on SIGHUP.</summary>
    /// <exception cref="UsageException">Something in it is wrong.</exception>
    internal NodeConfiguration Load(ParseResult parsed)
    {
        var configuration = new NodeConfiguration();
        if (parsed.GetValue(_config) is { } file && ConfigurationFile.Load(file, configuration) is { } error)
            throw new UsageException(error);

        configuration.DataDirectory = parsed.GetValue(_dataDir) ?? configuration.DataDirectory;
        configuration.Control = parsed.GetValue(_control) ?? configuration.Control;
        configuration.Listen = Uris("--listen", parsed.GetValue(_listen), ListenUri.Check) ?? configuration.Listen;
        configuration.Peers = Uris("--peer", parsed.GetValue(_peer), Settings.CheckPeer) ?? configuration.Peers;
        if (parsed.GetValue(_name) is { } name)
        {
            if (!Settings.IsName(name))
                throw new UsageException($"--name: a name has at most {Settings.MaxNameBytes} bytes");
            configuration.Name = name;
        }

        if (parsed.GetValue(_level) is { } text)
        {
            if (!Settings.TryParse(text, out Microsoft.Extensions.Logging.LogLevel level))
                throw new UsageException($"--log-level: '{text}' is none of {Settings.LevelNames}");
            configuration.LogLevel = level;
        }

        return configuration;
    }

    private static string[]? Uris(string option, string[]? values, Func<string, string?> check)
    {
        if (values is null or [])
            return null;
        // Not the value itself: a radio's may hold the key of a network.
        string? wrong = values.Select(check).FirstOrDefault(e => e is not null);
        return wrong is null ? values : throw new UsageException($"{option}: {wrong}");
    }
}
