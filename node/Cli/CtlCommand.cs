using System.CommandLine;
using System.CommandLine.Parsing;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary><c>qpc-mesh ctl</c>: one request to the daemon, one answer; <c>events</c> streams.</summary>
internal static class CtlCommand
{
    private static readonly Option<string?> Socket =
        new("--control") { Description = $"Path of the control socket; else ${DefaultPaths.ControlVariable}, else in the data directory.", HelpName = "SOCKET", Recursive = true };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON, as it came.", Recursive = true, Arity = ArgumentArity.Zero };

    internal static Command Build()
    {
        var ctl = new Command("ctl", "Talks to the running daemon.") { Socket, Json };
        Add(ctl, ControlCommands.Status, "The daemon in one look.");
        Add(ctl, ControlCommands.Identity, "Address and public key.");
        Add(ctl, ControlCommands.Peers, "Neighbours: one line a link.");
        Add(ctl, ControlCommands.Routes, "Known destinations and how they are reached.");
        Add(ctl, ControlCommands.Queue, "What this node holds.");
        Add(ctl, ControlCommands.Radio, "Radios: state, airtime, neighbours.");
        Add(ctl, ControlCommands.Announce, "Announces this node anew.");
        Add(ctl, ControlCommands.Metrics, "Counters in Prometheus' text format.");
        Add(ctl, ControlCommands.Shutdown, "Ends the daemon in order.");
        Add(ctl, ControlCommands.Events, "Streams events, one line of JSON each.");
        AddConnect(ctl);
        AddSend(ctl);
        AddMessages(ctl);
        AddRequests(ctl);
        AddAlias(ctl);
        LiteCommand.AddTo(ctl, Add);
        BackupCommand.AddTo(ctl, SocketOf);
        DoctorCommand.AddTo(ctl, SocketOf, Json);
        ExportCommand.AddTo(ctl, SocketOf);
        var level = new Argument<string>("level") { Description = Settings.LevelNames };
        Add(ctl, ControlCommands.LogLevel, "Changes what is logged.", p => new ControlRequest { Level = p.GetValue(level) }, level);
        return ctl;
    }

    private static void AddConnect(Command ctl)
    {
        var uri = new Argument<string>("uri") { Description = "tcp://host:port, quic://host:port, with /#qpc1... to pin the address." };
        Add(ctl, ControlCommands.Connect, "Dials a peer and keeps the link.", p => new ControlRequest { Uri = p.GetValue(uri) }, uri);
        var peer = new Argument<string>("peer") { Description = "An address, alias, or the URI that was dialled." };
        Add(ctl, ControlCommands.Disconnect, "Ends a link and dials it no more.", p => new ControlRequest { To = p.GetValue(peer) }, peer);
    }

    private static void AddSend(Command ctl)
    {
        var to = new Argument<string>("to") { Description = "An address or alias; with --lite a group." };
        var text = new Argument<string>("text") { Description = "The message; - reads it from standard input." };
        var lite = new Option<bool>("--lite") { Description = "TO is an MLS-Lite group.", Arity = ArgumentArity.Zero };
        var signed = new Option<bool>("--signed") { Description = "With --lite: sign it, for 64 bytes more.", Arity = ArgumentArity.Zero };
        var priority = new Option<string?>("--priority") { Description = "low, normal, high, emergency.", HelpName = "P" };
        var lifetime = new Option<string?>("--lifetime") { Description = "How long to try: 90s, 12h, 7d.", HelpName = "T" };
        var wait = new Option<string?>("--wait") { Description = "Wait for queued, forwarded or delivered.", HelpName = "STATE" };
        Add(ctl, ControlCommands.Send, "Sends a message.", p => new ControlRequest
        {
            To = p.GetValue(to),
            Text = p.GetValue(text) is "-" ? StandardInput.ReadText() : p.GetValue(text),
            Priority = p.GetValue(priority),
            Lifetime = p.GetValue(lifetime),
            Wait = p.GetValue(wait),
            Lite = p.GetValue(lite),
            Signed = p.GetValue(signed),
        }, to, text, lite, signed, priority, lifetime, wait);
    }

    private static void AddMessages(Command ctl)
    {
        var with = new Option<string?>("--with") { Description = "Only those with this address, alias or group.", HelpName = "A" };
        var limit = new Option<int?>("--limit") { Description = "At most so many, the newest.", HelpName = "N", CustomParser = ReadNumber };
        Add(ctl, ControlCommands.Messages, "Messages, oldest first.",
            p => new ControlRequest { With = p.GetValue(with), Limit = p.GetValue(limit) }, with, limit);
        var id = new Argument<string>("id") { Description = "32 hexadecimal digits." };
        Add(ctl, ControlCommands.Message, "One message.", p => new ControlRequest { Id = p.GetValue(id) }, id);
    }

    private static void AddRequests(Command ctl)
    {
        var limit = new Option<int?>("--limit") { Description = "At most so many, those who wrote last.", HelpName = "N", CustomParser = ReadNumber };
        Add(ctl, ControlCommands.Requests, "Strangers who wrote: one line each.", p => new ControlRequest { Limit = p.GetValue(limit) }, limit);
        var accepted = new Argument<string>("to") { Description = "An address or alias." };
        Add(ctl, ControlCommands.Accept, "Makes a stranger known: its requests become messages.",
            p => new ControlRequest { To = p.GetValue(accepted) }, accepted);
        var refused = new Argument<string>("to") { Description = "An address or alias." };
        Add(ctl, ControlCommands.Refuse, "Erases the requests of a node and keeps nothing that it sends.",
            p => new ControlRequest { To = p.GetValue(refused) }, refused);
        var id = new Argument<string?>("id") { Description = "A message: 32 hexadecimal digits.", Arity = ArgumentArity.ZeroOrOne };
        var with = new Option<string?>("--with") { Description = "All messages with this address, alias or group.", HelpName = "A" };
        Add(ctl, ControlCommands.Delete, "Erases a message, or a whole conversation.",
            p => new ControlRequest { Id = p.GetValue(id), With = p.GetValue(with) }, id, with);
    }

    private static string SocketOf(ParseResult parsed) => parsed.GetValue(Socket) is { Length: > 0 } named ? named : DefaultPaths.Control;

    /// <summary>Digits and nothing else; the runtime would take signs and blanks too.</summary>
    private static int? ReadNumber(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Quantity.TryParseNumber(text, out long number) && number <= int.MaxValue)
            return (int)number;
        result.AddError($"'{text}' is no number");
        return null;
    }

    private static void AddAlias(Command ctl)
    {
        var alias = new Argument<string?>("alias") { Description = "The name; without it, all are listed.", Arity = ArgumentArity.ZeroOrOne };
        var address = new Argument<string?>("address") { Description = "What it stands for.", Arity = ArgumentArity.ZeroOrOne };
        var remove = new Option<bool>("--remove") { Description = "Forget the name.", Arity = ArgumentArity.Zero };
        Add(ctl, ControlCommands.Alias, "Names addresses.",
            p => new ControlRequest { Alias = p.GetValue(alias), To = p.GetValue(address), Remove = p.GetValue(remove) },
            alias, address, remove);
    }

    /// <summary>Adds a command: below which, as typed, on the socket, what it does, and how its request is made.</summary>
    internal delegate void Adder(
        Command parent, string typed, string name, string description, Func<ParseResult, ControlRequest>? request, params Symbol[] symbols);

    private static void Add(
        Command ctl, string name, string description, Func<ParseResult, ControlRequest>? request = null, params Symbol[] symbols) =>
        Add(ctl, name, name, description, request, symbols);

    private static void Add(
        Command parent, string typed, string name, string description, Func<ParseResult, ControlRequest>? request, params Symbol[] symbols)
    {
        var command = new Command(typed, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)symbol);
        }

        command.SetAction((parsed, cancellation) =>
        {
            ControlRequest what = (request?.Invoke(parsed) ?? new ControlRequest()) with { Command = name };
            return CtlSession.RunAsync(SocketOf(parsed), what, parsed.GetValue(Json), Console.Out, Console.Error, cancellation);
        });
        parent.Subcommands.Add(command);
    }
}
