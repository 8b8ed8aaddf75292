using System.CommandLine;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary><c>qpc-mesh run</c>: the daemon, in the foreground.</summary>
internal static class RunCommand
{
    internal static Command Build()
    {
        var options = new NodeOptions();
        var command = new Command("run", "Runs the node in the foreground; systemd or procd put it in the background.");
        options.AddTo(command);
        var check = new Option<bool>("--check")
        {
            Description = "Say what is wrong with the configuration, and end.",
            Arity = ArgumentArity.Zero
        };
        command.Options.Add(check);
        command.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(check))
            {
                options.Load(parsed);
                return Task.FromResult(ExitCode.Done);
            }

            options.RefuseRoot(parsed);
            ContinueOnPollingThreads();
            return Daemon.RunAsync(() => options.Load(parsed));
        });
        return command;
    }

    /// <summary>
    /// What a socket brought is handled by the thread that waited for it, without waking one of the pool, whose threads
    /// also look for work a while before they sleep: half of a relay's processor time. Nothing in the daemon blocks for
    /// a socket. The runtime reads this when the first socket is used.
    /// </summary>
    private static void ContinueOnPollingThreads()
    {
        const string name = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
        if (Environment.GetEnvironmentVariable(name) is null)
            Environment.SetEnvironmentVariable(name, "1");
    }
}
