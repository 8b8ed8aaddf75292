using System.Text.Json;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>
/// The console: a client of the control socket. One connection brings events, which are shown at once; another carries
/// requests. In a pipe it reads lines and prints answers, nothing else.
/// </summary>
internal sealed class ReplSession(string path, LineEditor? editor, TextReader input, TextWriter output)
{
    private const string Plain = "mesh> ";

    private readonly Lock _printing = new();
    private readonly ReplInput _lines = new(input);
    private volatile IReadOnlyList<string> _aliases = [];
    private string? _conversation;

    /// <summary>Runs until the input ends, /quit, or the daemon goes.</summary>
    internal async Task<int> RunAsync(CancellationToken cancellation)
    {
        using ControlClient? requests = ControlClient.TryConnect(path, out string why);
        using ControlClient? events = ControlClient.TryConnect(path);
        if (requests is null || events is null)
        {
            await Console.Error.WriteLineAsync($"{why}; 'qpc-mesh run' starts one, 'qpc-mesh repl --start' both").ConfigureAwait(false);
            return ExitCode.NoDaemon;
        }

        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await events.SendAsync(new ControlRequest { Command = ControlCommands.Events }, ends.Token).ConfigureAwait(false);
        _ = await events.ReadLineAsync(ends.Token).ConfigureAwait(false);
        Task listening = ListenAsync(events, ends.Token);
        await LearnAliasesAsync(requests, ends.Token).ConfigureAwait(false);
        int code = await ReadAsync(requests, ends.Token).ConfigureAwait(false);
        await ends.CancelAsync().ConfigureAwait(false);
        await listening.ConfigureAwait(false);
        return code;
    }

    /// <summary>What Tab offers after the given text.</summary>
    internal static IReadOnlyList<string> Complete(string before, IReadOnlyList<string> aliases)
    {
        string[] commands = SlashCommand.Names.Where(n => n.StartsWith(before, StringComparison.Ordinal) && n != before).ToArray();
        if (commands.Length > 0)
            return commands;
        int word = before.LastIndexOf(' ') + 1;
        return before.StartsWith('/') && word > 0
            ? aliases.Where(a => a.StartsWith(before[word..], StringComparison.Ordinal)).Select(a => before[..word] + a + " ").ToArray()
            : [];
    }

    /// <summary>What Tab offers in this console.</summary>
    internal IReadOnlyList<string> Complete(string before) => Complete(before, _aliases);

    private async Task<int> ReadAsync(ControlClient client, CancellationToken cancellation)
    {
        while (true)
        {
            string prompt = _conversation is null ? Plain : $"{_conversation}> ";
            // Reading a terminal blocks; the thread is this console's own.
            (string Text, bool IsWhole)? line = editor is null
                ? await _lines.ReadLineAsync(cancellation).ConfigureAwait(false)
                : await Task.Factory.StartNew(() => editor.Read(prompt), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false)
                    is { } typed ? (typed, true) : null;
            if (line is not { } read)
                return ExitCode.Done;
            if (!read.IsWhole)
            {
                Print($"a line may have {ReplInput.MaxCharacters} characters; nothing was done");
                continue;
            }

            SlashLine what = SlashCommand.Parse(read.Text, _conversation);
            switch (what.Action)
            {
                case SlashAction.Quit:
                    return ExitCode.Done;
                case SlashAction.Help:
                    Print(SlashCommand.Help);
                    break;
                case SlashAction.Wrong:
                    Print(what.Text);
                    break;
                case SlashAction.SetConversation:
                    _conversation = what.Text;
                    break;
                case SlashAction.Request when !await AskAsync(client, what.Request!, cancellation).ConfigureAwait(false):
                    Print("the daemon went away");
                    return ExitCode.NoDaemon;
            }
        }
    }

    private async Task<bool> AskAsync(ControlClient client, ControlRequest request, CancellationToken cancellation)
    {
        await foreach (ReplyPages.Reply? page in new ReplyPages(client).InOrderAsync(request, cancellation).ConfigureAwait(false))
        {
            using (page)
            {
                if (page is null)
                    return false;
                if (!page.IsDone)
                {
                    Print(page.Error);
                    return true;
                }

                using var shown = new StringWriter();
                Rendering.Write(shown, request.Command!, page.Result);
                Print(shown.ToString().TrimEnd('\n'));
            }
        }

        if (request.Command == ControlCommands.Alias)
            await LearnAliasesAsync(client, cancellation).ConfigureAwait(false);
        return true;
    }

    private async Task LearnAliasesAsync(ControlClient client, CancellationToken cancellation)
    {
        var aliases = new List<string>();
        var all = new ControlRequest { Command = ControlCommands.Alias };
        await foreach (ReplyPages.Reply? page in new ReplyPages(client).InOrderAsync(all, cancellation).ConfigureAwait(false))
        {
            using (page)
            {
                if (page is not { IsDone: true })
                    return;
                foreach (JsonElement alias in page.Result.EnumerateArray())
                    aliases.Add(alias.GetProperty("alias").GetString()!);
            }
        }

        _aliases = aliases;
    }

    private async Task ListenAsync(ControlClient events, CancellationToken cancellation)
    {
        try
        {
            while (await events.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            {
                using JsonDocument shown = JsonDocument.Parse(line);
                if (Describe(shown.RootElement) is { } text)
                    Print(text);
            }
        }
        catch (OperationCanceledException)
        {
            // The session ends.
        }
    }

    private static string? Describe(JsonElement occurred) => occurred.GetProperty("event").GetString() switch
    {
        "message" when occurred.GetProperty("message") is var message => Rendering.Line(message)
            + (message.TryGetProperty("request", out _) ? "  [/accept or /refuse, with the address]" : ""),
        "state" when occurred.GetProperty("message") is var message && message.GetProperty("state").GetString() is "delivered" or "expired" or "failed" =>
            Rendering.Line(message),
        "peerUp" => $"* {Name(occurred)} is a neighbour now",
        "peerDown" => $"* {Name(occurred)} is no neighbour any more: {Rendering.Printable(occurred.GetProperty("reason").GetString() ?? "")}",
        "group" => "* " + LiteRendering.Summary(occurred.GetProperty("group")),
        "warning" => $"! {Rendering.Printable(occurred.GetProperty("reason").GetString() ?? "")}",
        "lost" => $"* {occurred.GetProperty("count").GetInt64()} events were lost",
        _ => null,
    };

    private static string Name(JsonElement occurred)
    {
        JsonElement peer = occurred.GetProperty("peer");
        string name = Rendering.Printable(peer.GetProperty("name").GetString()!);
        string address = peer.GetProperty("address").GetString()!;
        return name.Length > 0 ? $"{name} ({address})" : address;
    }

    private void Print(string text)
    {
        if (editor is not null)
        {
            editor.Print(text);
            return;
        }

        lock (_printing)
        {
            output.WriteLine(text);
            output.Flush();
        }
    }
}
