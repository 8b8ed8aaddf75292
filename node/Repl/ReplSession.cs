using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>
/// The console: a client of the control socket. One connection brings events, which are shown at once; another carries
/// requests. In a pipe it reads lines and prints answers, nothing else.
/// </summary>
internal sealed class ReplSession(
    string path, LineEditor? editor, ReplNames names, TextReader input, TextWriter output)
{
    private const string Plain = "mesh> ";

    private const string Gone = "the daemon went away";

    private readonly Lock _printing = new();
    private readonly ReplInput _lines = new(input);
    private readonly UnreadCounts _unread = new();
    private bool _historyFails;
    private volatile string? _conversation;
    private FappDialogue? _dialogue;

    /// <summary>How it sets off what it shows.</summary>
    internal TerminalStyle Style { get; init; }

    /// <summary>Where commands are kept for later consoles; null for nowhere.</summary>
    internal ReplHistory? History { get; init; }

    private string Prompt
    {
        get
        {
            string begin = _conversation is null ? Plain : $"{_conversation}> ";
            return _unread.Total is > 0 and var unread ? $"[{unread}] {begin}" : begin;
        }
    }

    /// <summary>Runs until the input ends, /quit, or the daemon goes.</summary>
    internal async Task<int> RunAsync(CancellationToken cancellation)
    {
        using ControlClient? requests = ControlClient.TryConnect(path, out string why);
        using ControlClient? events = ControlClient.TryConnect(path);
        if (requests is null || events is null)
        {
            await Console.Error.WriteLineAsync($"{why}; 'qpc-mesh run' starts one, 'qpc-mesh repl --start' both")
                .ConfigureAwait(false);
            return ExitCode.NoDaemon;
        }

        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await events.SendAsync(Commands.WatchEvents.ToLine(NoArguments.Instance), ends.Token).ConfigureAwait(false);
        _ = await events.ReadLineAsync(ends.Token).ConfigureAwait(false);
        Task listening = ListenAsync(events, ends.Token);
        await names.LearnAsync(requests, _unread, ends.Token).ConfigureAwait(false);
        if (editor is not null && _unread.Describe() is { } unread)
            Print(Style.Notable(unread));
        RememberEarlier();
        Task<int> reading = ReadAsync(requests, ends.Token);
        // In a pipe what was asked before is answered to the end; at a terminal nobody has to find out by asking.
        if (editor is not null && await Task.WhenAny(reading, listening).ConfigureAwait(false) == listening
            && !ends.IsCancellationRequested)
        {
            Print(Style.Wrong(Gone));
            return ExitCode.NoDaemon;
        }

        int code = await reading.ConfigureAwait(false);
        await ends.CancelAsync().ConfigureAwait(false);
        await listening.ConfigureAwait(false);
        return code;
    }

    private async Task<int> ReadAsync(ControlClient client, CancellationToken cancellation)
    {
        while (true)
        {
            // Reading a terminal blocks; the thread is this console's own.
            (string Text, string? Problem)? line = editor is null
                ? await _lines.ReadLineAsync(cancellation).ConfigureAwait(false)
                : await Task.Factory.StartNew(() => editor.Read(() => Prompt), cancellation,
                    TaskCreationOptions.LongRunning, TaskScheduler.Default)
                    .WaitAsync(cancellation).ConfigureAwait(false) is { } typed ? (typed, null) : null;
            if (line is not { } read)
                return ExitCode.Done;
            if (read.Problem is { } problem)
            {
                Print(Style.Wrong(problem));
                continue;
            }

            Keep(read.Text.TrimEnd());

            if (_dialogue is not null && !read.Text.StartsWith('/'))
            {
                if (!await AnswerAsync(client, read.Text, cancellation).ConfigureAwait(false))
                    return ExitCode.NoDaemon;
                continue;
            }

            _dialogue = null;
            SlashLine what = SlashCommand.Parse(read.Text, _conversation);
            switch (what.Action)
            {
                case SlashAction.Quit:
                    return ExitCode.Done;
                case SlashAction.Help:
                    Print(SlashCommand.HelpAbout(what.Text));
                    break;
                case SlashAction.Export:
                    Print(await ExportAsync(what.Text, cancellation).ConfigureAwait(false));
                    break;
                case SlashAction.Fapp:
                    _dialogue = new FappDialogue();
                    Print($"{FappDialogue.Opening}\n{_dialogue.Question}");
                    break;
                case SlashAction.SendFile or SlashAction.Download:
                    // Files take their time: the console goes on.
                    _ = FileAsync(what, cancellation);
                    break;
                case SlashAction.Wrong:
                    Print(Style.Wrong(what.Text));
                    break;
                case SlashAction.SetConversation when await WhyNotAsync(client, what.Text, cancellation)
                    .ConfigureAwait(false) is { } why:
                    Print(Style.Wrong(why));
                    break;
                case SlashAction.SetConversation:
                    _conversation = what.Text;
                    if (editor is not null && _unread.Of(what.Text) is > 0 and var unread)
                        Print(Style.Notable($"{Screen.Count(unread, "message")} unread: /history shows them"));
                    break;
                case SlashAction.Request when Passwords.WhyNone(what, editor is not null) is { } none:
                    Print(Style.Wrong(none));
                    break;
                case SlashAction.Request when !await AskAsync(client, what.Command!, what.Request!, cancellation)
                    .ConfigureAwait(false)
                    || !await SeenAsync(client, what, cancellation).ConfigureAwait(false):
                    Print(Style.Wrong(Gone));
                    return ExitCode.NoDaemon;
            }
        }
    }

    /// <summary>An answer to the dialogue; false: the daemon went away.</summary>
    private async Task<bool> AnswerAsync(ControlClient client, string answer, CancellationToken cancellation)
    {
        FappSearchRequest? search = _dialogue!.Answer(answer, out string? error);
        if (error is not null)
            Print(Style.Wrong(error));
        if (search is null)
        {
            Print(_dialogue.Question);
            return true;
        }

        _dialogue = null;
        if (await AskAsync(client, Commands.FappSearch, search, cancellation).ConfigureAwait(false))
            return true;
        Print(Style.Wrong(Gone));
        return false;
    }

    /// <summary>Over a connection of its own; the passphrase is asked for on the terminal.</summary>
    private async Task<string> ExportAsync(string line, CancellationToken cancellation)
    {
        (string to, string file) = ConsoleLine.Split(line);
        try
        {
            int code = await TranscriptCommand.ExportAsync(path, to, file, null, cancellation).ConfigureAwait(false);
            return code == ExitCode.Done ? "exported" : "nothing was exported";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UsageException)
        {
            return FaultText.Of(e);
        }
    }

    /// <summary>Why there is no such conversation; null if there is.</summary>
    private static async Task<string?> WhyNotAsync(
        ControlClient client, string conversation, CancellationToken cancellation)
    {
        byte[] question = SlashCommand.QuestionAbout(conversation)
            ?? Commands.Messages.ToLine(new MessagesRequest { With = conversation, Limit = 1 });
        using ReplyPages.Reply? reply = await new ReplyPages(client).AskAsync(question, cancellation)
            .ConfigureAwait(false);
        return reply is null ? Gone : reply.IsDone ? null : reply.Error;
    }

    /// <summary>Over a connection of its own, like what takes time.</summary>
    private async Task FileAsync(SlashLine what, CancellationToken cancellation)
    {
        try
        {
            Print(await FileSlash.RunAsync(path, what, cancellation).ConfigureAwait(false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Print(FaultText.Of(e));
        }
        catch (OperationCanceledException)
        {
            // The console ends.
        }
    }

    private async Task<bool> AskAsync(
        ControlClient client, CommandSpec command, object request, CancellationToken cancellation)
    {
        try
        {
            await foreach (ReplyPages.Reply? page in new ReplyPages(client).InOrderAsync(command, request, cancellation)
                .ConfigureAwait(false))
            {
                using (page)
                {
                    if (page is null)
                        return false;
                    if (!page.IsDone)
                    {
                        Print(Style.Wrong(page.Error));
                        return true;
                    }

                    using var shown = new StringWriter();
                    command.Show(ConsolePlace.ScreenOn(shown), page.Result);
                    Print(shown.ToString().TrimEnd('\n'));
                }
            }
        }
        finally
        {
            command.ForgetSecrets(request);
        }

        if (SlashCommand.ChangesNames(command))
            await names.LearnAsync(client, _unread, cancellation).ConfigureAwait(false);
        if (command == Commands.Peers)
            await ShowFoundAsync(client, cancellation).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Who stands among the neighbours may be missed there: what was found and is not dialled follows.
    /// </summary>
    private async Task ShowFoundAsync(ControlClient client, CancellationToken cancellation)
    {
        await foreach (ReplyPages.Reply? page in
            new ReplyPages(client).InOrderAsync(Commands.Discover, NoArguments.Instance, cancellation)
                .ConfigureAwait(false))
        {
            using (page)
            {
                if (page is not { IsDone: true })
                    return;
                using var shown = new StringWriter();
                Commands.ShowNotDialled(ConsolePlace.ScreenOn(shown), Commands.Discover.Read(page.Result));
                if (shown.ToString().TrimEnd('\n') is { Length: > 0 } text)
                    Print(text);
            }
        }
    }

    /// <summary>
    /// Whoever reads a conversation at a terminal, or writes to it, has seen what is there. In a pipe nobody looks.
    /// </summary>
    /// <returns>False: the daemon went away.</returns>
    private async Task<bool> SeenAsync(ControlClient client, SlashLine what, CancellationToken cancellation)
    {
        string? conversation = SlashCommand.SeenBy(what.Request);
        if (editor is null || conversation is null || _unread.Of(conversation) == 0)
            return true;
        byte[] line = Commands.MarkRead.ToLine(new MarkReadRequest { To = conversation });
        using ReplyPages.Reply? reply = await new ReplyPages(client).AskAsync(line, cancellation).ConfigureAwait(false);
        return reply is not null;
    }

    /// <summary>Lines of earlier consoles can be recalled.</summary>
    private void RememberEarlier()
    {
        if (editor is null || History is null)
            return;
        try
        {
            editor.Remember(History.Read());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            HistoryFails(e);
        }
    }

    private void Keep(string line)
    {
        if (editor is null || History is null || _historyFails)
            return;
        try
        {
            History.Add(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            HistoryFails(e);
        }
    }

    private void HistoryFails(Exception e)
    {
        _historyFails = true;
        Print(Style.Wrong($"commands are not kept for later: {FaultText.Of(e)}"));
    }

    private async Task ListenAsync(ControlClient events, CancellationToken cancellation)
    {
        try
        {
            while (await events.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            {
                using JsonDocument shown = JsonDocument.Parse(line);
                _unread.Take(shown.RootElement);
                if (Events.Describe(ConsolePlace.ScreenOn(TextWriter.Null), shown.RootElement) is { } text)
                    Print(Coloured(shown.RootElement, text));
                editor?.PromptChanged();
            }
        }
        catch (OperationCanceledException)
        {
            // The session ends.
        }
    }

    private string Coloured(JsonElement occurred, string text)
    {
        switch (occurred.GetProperty("event").GetString())
        {
            case "message" when occurred.GetProperty("message").TryGetProperty("request", out JsonElement request)
                && request.ValueKind == JsonValueKind.True:
            case "warning" or "lost" or "fappFlood" or "fappRequest" or "fappReservation" or "fappWatch":
                return Style.Notable(text);
            case "message":
                // Who wrote ends with the first colon that a blank follows: those of the time have none.
                int end = text.IndexOf(": ", StringComparison.Ordinal);
                return end < 0 ? text : Style.Strong(text[..end]) + text[end..];
            default:
                return Style.Soft(text);
        }
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
