using System.CommandLine;
using System.Runtime.InteropServices;
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
        var start = new Option<bool>("--start")
        {
            Description = "Start a node in this process if none answers.",
            Arity = ArgumentArity.Zero
        };
        var command = new Command("repl", "A console for people: messages, neighbours, routes.") { start };
        options.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(options, parsed, parsed.GetValue(start), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        NodeOptions options, ParseResult parsed, bool start, CancellationToken cancellation)
    {
        NodeConfiguration configuration = options.Load(parsed);
        string path = parsed.GetValue<string?>("--control") is null && !start ? DefaultPaths.Control
            : configuration.ControlPath;
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
        {
            TextReader lines = ReplInput.Decode(Console.OpenStandardInput());
            return new ReplSession(path, null, new ReplNames(), lines, Console.Out).RunAsync(cancellation);
        }

        return TalkAtTerminalAsync(path, cancellation);
    }

    private static async Task<int> TalkAtTerminalAsync(string path, CancellationToken cancellation)
    {
        TerminalStyle style = TerminalStyle.Of(Environment.GetEnvironmentVariable);
        var names = new ReplNames();
        var editor = new LineEditor(
            new ConsoleTerminal(), names.Complete, before => SlashCommand.Explain(before) is { } help ? style.Soft(help)
                : null)
        {
            DrawPrompt = style.Strong,
        };
        var session = new ReplSession(path, editor, names, Console.In, Console.Out)
        {
            Style = style,
            History = ReplHistory.PathOf(Environment.GetEnvironmentVariable) is { } file ? new ReplHistory(file) : null,
        };
        using PosixSignalRegistration resized =
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => editor.DrawAgain());
        using PosixSignalRegistration goesOn =
            PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => editor.DrawAgain());
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // What these signals do by themselves would leave the terminal as it is while keys are read.
        using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using PosixSignalRegistration hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        try
        {
            return await session.RunAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        finally
        {
            editor.Leave();
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
