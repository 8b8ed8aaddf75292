using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>What a line of the console asks for.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Request">For <see cref="SlashAction.Request"/>: what to ask the daemon.</param>
/// <param name="Text">For the others: whom, or what is wrong.</param>
internal readonly record struct SlashLine(SlashAction Action, ControlRequest? Request = null, string Text = "");

/// <summary>The sorts of lines.</summary>
internal enum SlashAction
{
    Nothing,
    Request,
    SetConversation,
    Help,
    Quit,
    Wrong,
}

/// <summary>Parses the console's lines: slash commands, and text for the current conversation.</summary>
internal static class SlashCommand
{
    internal const string Help =
        """
        /dm PEER                  talk to PEER (address or alias); plain text goes there
        /history [PEER]           messages with PEER, or with the current one
        /requests                 strangers who wrote
        /accept PEER              make one known: its requests become messages
        /refuse PEER              erase its requests, keep nothing that it sends
        /delete ID                erase a message; /delete with PEER erases all with PEER
        /alias [NAME [ADDRESS]]   list, set; /alias -NAME forgets
        /whoami                   this node's address
        /mesh status              the daemon in one look
        /mesh peers               neighbours
        /mesh route               known destinations
        /mesh send PEER TEXT      send one message
        /mesh connect URI         dial a peer and keep the link
        /mesh disconnect PEER     end a link
        /mesh announce            announce this node anew
        /mesh identity            address and public key
        /mesh store               what this node holds
        /mesh radio               radios: state, airtime, neighbours
        /mesh metrics             counters
        /help  /quit
        """ + "\n" + LiteSlash.Help;

    /// <summary>What Tab offers.</summary>
    internal static readonly IReadOnlyList<string> Names =
    [
        .. LiteSlash.Names,
        "/dm ", "/history ", "/requests", "/accept ", "/refuse ", "/delete ", "/alias ", "/whoami", "/help", "/quit", "/mesh status", "/mesh peers", "/mesh route", "/mesh send ",
        "/mesh connect ", "/mesh disconnect ", "/mesh announce", "/mesh identity", "/mesh store", "/mesh radio", "/mesh metrics",
    ];

    internal static SlashLine Parse(string line, string? conversation)
    {
        string text = line.Trim();
        if (text.Length == 0)
            return default;
        if (text[0] != '/')
        {
            return conversation is null
                ? Wrong("text goes to a conversation: /dm PEER opens one")
                : Ask(LiteSlash.GroupOf(conversation) is { } group
                    ? LiteSlash.Text(group, text)
                    : new ControlRequest { Command = ControlCommands.Send, To = conversation, Text = text });
        }

        (string command, string rest) = Split(text);
        return command switch
        {
            "/mesh" => Mesh(rest),
            "/dm" => rest.Length > 0 ? new SlashLine(SlashAction.SetConversation, Text: rest) : Wrong("/dm PEER"),
            "/history" => Ask(new ControlRequest { Command = ControlCommands.Messages, With = rest.Length > 0 ? rest : LiteSlash.GroupOf(conversation) ?? conversation, Limit = 20 }),
            "/lite" => LiteSlash.Parse(rest),
            "/requests" => Ask(ControlCommands.Requests),
            "/accept" => rest.Length > 0 ? Ask(new ControlRequest { Command = ControlCommands.Accept, To = rest }) : Wrong("/accept PEER"),
            "/refuse" => rest.Length > 0 ? Ask(new ControlRequest { Command = ControlCommands.Refuse, To = rest }) : Wrong("/refuse PEER"),
            "/delete" => Delete(rest),
            "/alias" => Alias(rest),
            "/whoami" => Ask(new ControlRequest { Command = ControlCommands.Identity }),
            "/help" => new SlashLine(SlashAction.Help),
            "/quit" => new SlashLine(SlashAction.Quit),
            _ => Wrong($"there is no {command}; /help lists what there is"),
        };
    }

    private static SlashLine Mesh(string rest)
    {
        (string what, string more) = Split(rest);
        (string peer, string text) = Split(more);
        return what switch
        {
            "status" => Ask(ControlCommands.Status),
            "peers" => Ask(ControlCommands.Peers),
            "route" or "routes" => Ask(ControlCommands.Routes),
            "identity" => Ask(ControlCommands.Identity),
            "store" or "queue" => Ask(ControlCommands.Queue),
            "radio" => Ask(ControlCommands.Radio),
            "announce" => Ask(ControlCommands.Announce),
            "metrics" => Ask(ControlCommands.Metrics),
            "send" when text.Length > 0 => Ask(new ControlRequest { Command = ControlCommands.Send, To = peer, Text = text }),
            "send" => Wrong("/mesh send PEER TEXT"),
            "connect" when more.Length > 0 => Ask(new ControlRequest { Command = ControlCommands.Connect, Uri = more }),
            "connect" => Wrong("/mesh connect URI"),
            "disconnect" when more.Length > 0 => Ask(new ControlRequest { Command = ControlCommands.Disconnect, To = more }),
            "disconnect" => Wrong("/mesh disconnect PEER"),
            _ => Wrong("/mesh status, peers, route, send, connect, disconnect, announce, identity, store, radio, metrics"),
        };
    }

    private static SlashLine Delete(string rest) => Split(rest) switch
    {
        ("with", { Length: > 0 } peer) => Ask(new ControlRequest { Command = ControlCommands.Delete, With = peer }),
        ({ Length: > 0 } id, "") => Ask(new ControlRequest { Command = ControlCommands.Delete, Id = id }),
        _ => Wrong("/delete ID, /delete with PEER"),
    };

    private static SlashLine Alias(string rest)
    {
        (string alias, string address) = Split(rest);
        bool remove = alias.Length > 1 && alias[0] == '-';
        return Ask(new ControlRequest
        {
            Command = ControlCommands.Alias,
            Alias = alias.Length == 0 ? null : remove ? alias[1..] : alias,
            To = address.Length == 0 ? null : address,
            Remove = remove,
        });
    }

    private static SlashLine Ask(string command) => Ask(new ControlRequest { Command = command });

    private static SlashLine Ask(ControlRequest request) => new(SlashAction.Request, request);

    private static SlashLine Wrong(string text) => new(SlashAction.Wrong, Text: text);

    private static (string First, string Remainder) Split(string text)
    {
        int space = text.IndexOf(' ');
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..].TrimStart());
    }
}
