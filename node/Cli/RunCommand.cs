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
        command.SetAction((parsed, _) => Daemon.RunAsync(() => options.Load(parsed)));
        return command;
    }
}
