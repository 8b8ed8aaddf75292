using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Handlers;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>What a line of the console asks for.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Command">For <see cref="SlashAction.Request"/>: what to ask the daemon.</param>
/// <param name="Request">With what.</param>
/// <param name="Text">For the others: whom, or what is wrong.</param>
internal readonly record struct SlashLine(
    SlashAction Action, CommandSpec? Command = null, object? Request = null, string Text = "");

/// <summary>The sorts of lines.</summary>
internal enum SlashAction
{
    Nothing,
    Request,
    SetConversation,
    Help,
    Quit,
    Export,
    Fapp,
    SendFile,
    Download,
    Wrong,
}

/// <summary>
/// Parses the console's lines: slash commands, and text for the current conversation. The commands are the forms that
/// each
/// command of <see cref="NodeCommands.Table"/> has, and a few that change the console alone.
/// </summary>
internal static class SlashCommand
{
    /// <summary>Columns of the help before its sentences; what is longer has a line of its own.</summary>
    private const int HelpColumns = 32;

    private static readonly ConsoleForm _talk =
        new("/dm", "PEER", "talk to PEER (address, alias or USER@SERVER); plain text goes there")
        {
            Also =
            ["/switch"]
        };
    private static readonly ConsoleForm _help =
        new("/help", "[TOPIC]", "the usual lines; those about TOPIC, all with all");
    private static readonly ConsoleForm _export =
        new("/export", "PEER FILE", "writes a conversation to a file, under a passphrase");
    private static readonly ConsoleForm _sendFile =
        new("/send-file", "PEER PATH", "sends a file; --over-radio behind it: over radios too");
    private static readonly ConsoleForm _download =
        new("/download", "ID [PATH]", "fetches a file, and writes it to PATH");
    private static readonly ConsoleForm _quit = new("/quit", "", "ends the console");

    private static readonly (ConsoleForm Form, CommandSpec? Command)[] _forms =
    [
        (_talk, null),
        (LiteSlash.Talk, null),
        .. NodeCommands.Table.All.SelectMany(c => c.Console.Select(f => (f, (CommandSpec?)c))),
        (FappDialogue.Form, null),
        (_export, null),
        (_sendFile, null),
        (_download, null),
        (_help, null),
        (_quit, null),
    ];

    /// <summary>The list of all lines.</summary>
    internal static string Help { get; } = string.Join('\n', _forms.SelectMany(f => HelpOf(f.Form)));

    /// <summary>What begins lines of several words: what help can be had about.</summary>
    internal static IReadOnlyList<string> Topics { get; } =
        [.. _forms.Select(f => f.Form.Typed).Where(t => t.Contains(' ', StringComparison.Ordinal))
            .Select(t => t[1..t.IndexOf(' ', StringComparison.Ordinal)]).Distinct()];

    /// <summary>
    /// Words of operands that are nobody's business later: texts, what opens something, what was looked for.
    /// </summary>
    private static readonly string[] _private = ["TEXT", "URI", "PASSPHRASE", "LABEL", "FILE", "PATH"];

    /// <summary>What Tab offers.</summary>
    internal static IReadOnlyList<string> Names { get; } =
        [.. _forms.SelectMany(f => (string[])[f.Form.Typed, .. f.Form.Also], (f, typed) => f.Form.Arguments.Length > 0
            ? typed + " " : typed)];

    /// <summary>
    /// A line for the control socket that asks whether there is a conversation; null where its messages tell that.
    /// </summary>
    internal static byte[]? QuestionAbout(string conversation) =>
        LiteSlash.GroupOf(conversation) is { } group ? LiteSlash.QuestionAbout(group)
        : IsUserOfServer(conversation) ? Commands.AccountOpen.ToLine(new AccountOpenRequest { To = conversation })
            : null;

    /// <summary>
    /// Lists of groups and channels: lines for the control socket, and the names of conversations in what it answers.
    /// </summary>
    internal static IReadOnlyList<(byte[] Question, Func<JsonElement, IEnumerable<string>> Names)> Lists { get; } =
    [
        (Commands.GroupList.ToLine(NoArguments.Instance),
            static r => Commands.GroupList.Read(r).Groups.Select(static g => "group:" + g.Name)),
        (Commands.AccountConversations.ToLine(NoArguments.Instance),
            static r => Commands.AccountConversations.Read(r).Select(static c => c.Name)),
        (Commands.LiteList.ToLine(NoArguments.Instance), static r => Commands.LiteList.Read(r)
            .Select(static g => "group:" + g.Name)),
        (Commands.ChannelList.ToLine(NoArguments.Instance), static r => Commands.ChannelList.Read(r)
            .Select(static c => "channel:" + c.Name)),
    ];

    // An alias has no @ but by its owner's wish, and then it is asked about like one.
    private static bool IsUserOfServer(string conversation) => ServerNames.TryParse(conversation, out _, out _);

    /// <summary>Whether a command may make or change a name.</summary>
    internal static bool ChangesNames(CommandSpec command) => command == Commands.Alias
        || command.Group == CommandGroup.Groups || command.Group == CommandGroup.Lite
        || command.Group == CommandGroup.Channels
        || command.Group == CommandGroup.Contacts || command.Group == CommandGroup.Accounts;

    /// <summary>The conversation that somebody who asks for this looks at; null for none.</summary>
    internal static string? SeenBy(object? request) => request switch
    {
        MessagesRequest messages => messages.With,
        SendRequest { Lite: false } send => send.To,
        _ => null,
    };

    internal static SlashLine Parse(string line, string? conversation)
    {
        string text = line.Trim();
        if (text.Length == 0)
            return default;
        string? group = LiteSlash.GroupOf(conversation);
        if (text[0] != '/')
        {
            return conversation is null
                ? Wrong("text goes to a conversation: /dm PEER opens one")
                : new SlashLine(SlashAction.Request, Commands.Send, new SendRequest
                {
                    Lite = group is not null,
                    To = group ?? conversation,
                    Text = text,
                });
        }

        foreach ((ConsoleForm form, CommandSpec? command) in _forms)
        {
            if (RestBehind(text, form) is { } rest)
                return Parse(form, command, new ConsoleLine(rest, group ?? conversation));
        }

        return Wrong(WhatThereIs(text));
    }

    private static SlashLine Parse(ConsoleForm form, CommandSpec? command, ConsoleLine line)
    {
        if (command is not null)
        {
            return form.ToRequest(command, line) is { } request
                ? new SlashLine(SlashAction.Request, command, request) : Wrong(form.Usage);
        }

        if (form == _help)
            return new SlashLine(SlashAction.Help, Text: line.Rest);
        if (form == _quit)
            return new SlashLine(SlashAction.Quit);
        if (form == FappDialogue.Form)
            return line.Rest.Length == 0 ? new SlashLine(SlashAction.Fapp) : Wrong(WhatThereIs(form.Typed));
        if (form == _export)
        {
            return ConsoleLine.Split(line.Rest) is (_, { Length: > 0 })
                ? new SlashLine(SlashAction.Export, Text: line.Rest) : Wrong(form.Usage);
        }

        if (form == _sendFile)
        {
            return ConsoleLine.Split(line.Rest) is (_, { Length: > 0 })
                ? new SlashLine(SlashAction.SendFile, Text: line.Rest) : Wrong(form.Usage);
        }

        if (line.Rest.Length == 0)
            return Wrong(form.Usage);
        if (form == _download)
            return new SlashLine(SlashAction.Download, Text: line.Rest);
        return new SlashLine(
            SlashAction.SetConversation, Text: form == _talk ? line.Rest : LiteSlash.ConversationWith(line.Rest));
    }

    /// <summary>
    /// The lines about a topic: a word that lines begin with, or a command; all of them with <c>all</c>.
    /// </summary>
    internal static string HelpAbout(string topic)
    {
        string word = topic.TrimStart('/');
        if (word == "all")
            return Help;
        ConsoleForm[] found = [.. _forms.Select(f => f.Form).Where(f => word.Length == 0
            ? !f.Typed.Contains(' ', StringComparison.Ordinal)
            : IsAbout(f.Typed, word) || f.Also.Any(a => IsAbout(a, word)))];
        if (found.Length == 0)
            return $"there is no help about {Screen.Printable(word)}; /help lists topics";
        string lines = string.Join('\n', found.SelectMany(HelpOf));
        return word.Length > 0 ? lines : $"{lines}\n/help TOPIC: {string.Join(", ", Topics)}, all";

        static bool IsAbout(string typed, string word) =>
            typed.AsSpan(1).SequenceEqual(word) || typed.StartsWith($"/{word} ", StringComparison.Ordinal);
    }

    /// <summary>What the command that a line begins with takes and does; null if there is none, or several.</summary>
    internal static string? Explain(string line) => FormOf(line) is { } form ? HelpOf(form).First() : null;

    /// <summary>
    /// What the word at the end of a line stands for, as the usage of its command says it; null for nothing.
    /// </summary>
    internal static string? OperandAt(string line)
    {
        if (FormOf(line) is not { } form || RestBehind(line, form, trims: false) is not { } rest
            || !line.Contains(' ', StringComparison.Ordinal))
            return null;
        string[] operands = form.Arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (operands.Length == 0)
            return null;
        int at = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length
            - (rest.Length == 0 || rest.EndsWith(' ') ? 0 : 1);
        return at < operands.Length ? operands[at] : operands[^1].EndsWith("...", StringComparison.Ordinal)
            ? operands[^1] : null;
    }

    /// <summary>Of the names of people and conversations those that can stand for an operand.</summary>
    internal static IEnumerable<string> Fitting(string operand, IEnumerable<string> names)
    {
        string word = operand.Trim('[', ']', '.');
        return word switch
        {
            "GROUP" => names.Where(IsGroup).Select(static n => n["group:".Length..]),
            "CHANNEL" or "TOPIC" => names.Where(IsChannel).Select(static n => n["channel:".Length..]),
            "PEER" or "OF" or "NAME" or "ADDRESS" => names,
            _ => [],
        };

        static bool IsGroup(string name) => name.StartsWith("group:", StringComparison.Ordinal);

        static bool IsChannel(string name) => name.StartsWith("channel:", StringComparison.Ordinal);
    }

    /// <summary>
    /// Whether a line may lie in a file: a command whose operands are names and choices. Nothing that was said or
    /// looked for, no key, nothing that begins with a blank.
    /// </summary>
    internal static bool MayBeKept(string line) =>
        FormOf(line) is { } form && !form.Typed.StartsWith("/fapp", StringComparison.Ordinal)
        && !_private.Any(p => form.Arguments.Contains(p, StringComparison.Ordinal));

    /// <summary>
    /// The form that a line begins with: the longest, as <c>/fapp search</c> is one of its own beside <c>/fapp</c>.
    /// </summary>
    private static ConsoleForm? FormOf(string line)
    {
        ConsoleForm? found = null;
        int length = 0;
        foreach ((ConsoleForm form, _) in _forms)
        {
            foreach (string typed in (string[])[form.Typed, .. form.Also])
            {
                if (typed.Length > length && (line == typed || line.StartsWith(typed + " ", StringComparison.Ordinal)))
                    (found, length) = (form, typed.Length);
            }
        }

        return found;
    }

    private static IEnumerable<string> HelpOf(ConsoleForm form)
    {
        yield return Line(form.Usage, form.Help);
        foreach (string other in form.Also)
            yield return Line(form.Arguments.Length == 0 ? other : $"{other} {form.Arguments}",
                $"the same as {form.Typed}");

        static string Line(string usage, string help) => usage.Length < HelpColumns
            ? usage.PadRight(HelpColumns) + help : $"{usage}\n{new string(' ', HelpColumns)}{help}";
    }

    /// <summary>What follows the words of a form; null if the line begins with others.</summary>
    private static string? RestBehind(string line, ConsoleForm form, bool trims = true)
    {
        foreach (string typed in (string[])[form.Typed, .. form.Also])
        {
            if (line == typed)
                return "";
            if (line.StartsWith(typed + " ", StringComparison.Ordinal))
                return trims ? line[typed.Length..].Trim() : line[(typed.Length + 1)..];
        }

        return null;
    }

    /// <summary>The forms that begin with the word that was typed; without any, that there is none.</summary>
    private static string WhatThereIs(string line)
    {
        (string word, _) = ConsoleLine.Split(line);
        string[] more =
        [
            .. _forms.Select(f => f.Form.Typed).Where(t => t.StartsWith(word + " ", StringComparison.Ordinal))
                .Select(t => t[(word.Length + 1)..]),
        ];
        return more.Length > 0
            ? $"{word} {string.Join(", ", more)}" : $"there is no {word}; /help lists what there is";
    }

    private static SlashLine Wrong(string text) => new(SlashAction.Wrong, Text: text);
}
