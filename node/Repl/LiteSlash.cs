using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>The console's lines about MLS-Lite groups, and groups as the current conversation.</summary>
internal static class LiteSlash
{
    internal const string Help =
        """
        /lite talk GROUP          talk to a group; plain text goes there
        /lite list                the groups of this node
        /lite show GROUP          members, epoch, cipher
        /lite create NAME         found a group
        /lite invite GROUP        an invitation for one person: a key, so show it to nobody else
        /lite join URI [NAME]     join by an invitation
        /lite send GROUP TEXT     send one message
        /lite rekey GROUP         begin an epoch with fresh keys
        /lite rename GROUP NAME   call it something else, here only
        /lite leave GROUP         forget a group and its keys
        """;

    /// <summary>Begins a conversation that is a group; no alias has a blank in it.</summary>
    private const string Mark = "lite ";

    /// <summary>What Tab offers.</summary>
    internal static readonly IReadOnlyList<string> Names =
    [
        "/lite talk ", "/lite list", "/lite show ", "/lite create ", "/lite invite ", "/lite join ", "/lite send ", "/lite rekey ",
        "/lite rename ", "/lite leave ",
    ];

    /// <summary>The group that a conversation is; null if it is with somebody.</summary>
    internal static string? GroupOf(string? conversation) =>
        conversation is not null && conversation.StartsWith(Mark, StringComparison.Ordinal) ? conversation[Mark.Length..] : null;

    internal static ControlRequest Text(string group, string text) =>
        new() { Command = ControlCommands.Send, Lite = true, To = group, Text = text };

    /// <summary>Parses what stands behind <c>/lite</c>.</summary>
    internal static SlashLine Parse(string rest)
    {
        (string what, string more) = Split(rest);
        (string first, string second) = Split(more);
        return (what, first.Length > 0, second.Length > 0) switch
        {
            ("list", false, _) => Ask(new ControlRequest { Command = ControlCommands.LiteList }),
            ("talk", true, false) => new SlashLine(SlashAction.SetConversation, Text: Mark + first),
            ("show", true, false) => Ask(new ControlRequest { Command = ControlCommands.LiteShow, Group = first }),
            ("create", true, false) => Ask(new ControlRequest { Command = ControlCommands.LiteCreate, Name = first }),
            ("invite", true, false) => Ask(new ControlRequest { Command = ControlCommands.LiteInvite, Group = first }),
            ("join", true, _) => Ask(new ControlRequest { Command = ControlCommands.LiteJoin, Uri = first, Name = second.Length > 0 ? second : null }),
            ("send", true, true) => Ask(Text(first, second)),
            ("rekey", true, false) => Ask(new ControlRequest { Command = ControlCommands.LiteRekey, Group = first }),
            ("rename", true, true) => Ask(new ControlRequest { Command = ControlCommands.LiteRename, Group = first, Name = second }),
            ("leave", true, false) => Ask(new ControlRequest { Command = ControlCommands.LiteLeave, Group = first }),
            _ => new SlashLine(SlashAction.Wrong, Text: "/lite talk, list, show, create, invite, join, send, rekey, rename, leave"),
        };
    }

    private static SlashLine Ask(ControlRequest request) => new(SlashAction.Request, request);

    private static (string First, string Remainder) Split(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..].TrimStart());
    }
}
