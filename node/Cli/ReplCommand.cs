using System.CommandLine;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Node.Repl;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary><c>qpc-mesh repl</c>: the console. With <c>--start</c> it brings its own daemon where none runs.</summary>
internal static class ReplCommand
{
    internal static Command Build()
    {
        var options = new NodeOptions();
        var start = new Option<bool>("--start") { Description = "Start a node in this process if none answers.", Arity = ArgumentArity.Zero };
        var command = new Command("repl", "A console for people: messages, neighbours, routes.") { start };
        options.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(options, parsed, parsed.GetValue(start), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(NodeOptions options, ParseResult parsed, bool start, CancellationToken cancellation)
    {
        NodeConfiguration configuration = options.Load(parsed);
        string path = parsed.GetValue<string?>("--control") is null && !start ? DefaultPaths.Control : configuration.ControlPath;
        if (!start || ControlClient.Answers(path))
        {
            ProcessSignals.Disarm();
            return await TalkAsync(path, cancellation).ConfigureAwait(false);
        }

        options.RefuseRoot(parsed);
        // The console shows what matters; the log would write over it.
        if (configuration.LogLevel < LogLevel.Warning)
            configuration.LogLevel = LogLevel.Warning;
        using var stop = new CancellationTokenSource();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int> daemon = Daemon.RunAsync(() => configuration, ready, stop.Token);
        if (await Task.WhenAny(daemon, ready.Task).ConfigureAwait(false) == daemon)
            return await daemon.ConfigureAwait(false);
        int code = await TalkAsync(path, cancellation).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        int ended = await daemon.ConfigureAwait(false);
        return code == ExitCode.Done ? ended : code;
    }

    private static Task<int> TalkAsync(string path, CancellationToken cancellation)
    {
        if (Console.IsInputRedirected || Console.IsOutputRedirected)
            return new ReplSession(path, null, Console.In, Console.Out).RunAsync(cancellation);
        ReplSession? session = null;
        var editor = new LineEditor(new ConsoleTerminal(), before => session!.Complete(before));
        session = new ReplSession(path, editor, Console.In, Console.Out);
        return session.RunAsync(cancellation);
    }
}
