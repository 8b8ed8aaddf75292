using System.CommandLine;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Handlers;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>qpc-mesh ctl</c>: one request to the daemon, one answer; <c>events</c> streams. The commands are those of
/// <see cref="NodeCommands.Table"/>, and a few that <c>ctl</c> makes itself.
/// </summary>
internal static class CtlCommand
{
    private static readonly Option<string?> Socket = new("--control")
    {
        Description = $"Path of the control socket; else ${DefaultPaths.ControlVariable}, else in the data directory.",
        HelpName = "SOCKET",
        Recursive = true,
    };

    private static readonly Option<bool> Json =
        new("--json") { Description = "Print JSON, as it came.", Recursive = true, Arity = ArgumentArity.Zero };

    internal static Command Build()
    {
        var ctl = new Command("ctl", "Talks to the running daemon.") { Socket, Json };
        foreach (CommandSpec spec in NodeCommands.Table.All)
            Add(ctl, spec);
        BackupCommand.AddTo(ctl, SocketOf);
        DoctorCommand.AddTo(ctl, SocketOf, Json);
        ExportCommand.AddTo(ctl, SocketOf);
        TranscriptCommand.AddTo(ctl, SocketOf);
        FappFileCommand.AddTo(ctl, SocketOf, Json);
        FileCommand.AddTo(ctl, SocketOf, Json);
        RecoveryCommand.AddTo(ctl);
        return ctl;
    }

    /// <summary>Adds a command; below the word of its group where that has one, and below its second word.</summary>
    private static void Add(Command ctl, CommandSpec spec)
    {
        string[] words = spec.Typed.Split(' ');
        Command parent = ctl;
        foreach (string word in words[..^1])
            parent = Below(parent, word, spec.Group.Title);
        string typed = words[^1];
        var command = new Command(typed, spec.Help);
        CommandSymbol[] symbols =
            [.. spec.Arguments.Where(a => a.Place != ArgumentPlace.Nowhere).Select(CommandSymbol.Of)];
        foreach (CommandSymbol symbol in symbols)
            symbol.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            object request = spec.NewRequest();
            try
            {
                foreach (CommandSymbol symbol in symbols)
                    symbol.Fill(request, parsed);
                return await new CtlSession(spec, request, parsed.GetValue(Json), Console.Out, Console.Error)
                    .RunAsync(SocketOf(parsed), cancellation).ConfigureAwait(false);
            }
            finally
            {
                spec.ForgetSecrets(request);
            }
        });
        parent.Subcommands.Add(command);
    }

    /// <summary>The command below another with a word; made where it is not there yet.</summary>
    internal static Command Below(Command parent, string word, string title)
    {
        if (parent.Subcommands.FirstOrDefault(c => c.Name == word) is { } there)
            return there;
        var made = new Command(word, title);
        parent.Subcommands.Add(made);
        return made;
    }

    private static string SocketOf(ParseResult parsed) =>
        parsed.GetValue(Socket) is { Length: > 0 } named ? named : DefaultPaths.Control;
}
