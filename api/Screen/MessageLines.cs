namespace QuicProChat.Mesh.Api;

/// <summary>Messages as people see them: one line each.</summary>
public static class MessageLines
{
    /// <summary>What is said where there is no message.</summary>
    public const string None = "no messages";

    /// <summary>What the conversation of the owner's notes is called.</summary>
    private const string Notes = "self";

    /// <summary>
    /// A time of writing that differs less from the arrival is not worth saying: clocks differ so much.
    /// </summary>
    private static readonly TimeSpan _worthSaying = TimeSpan.FromMinutes(2);

    /// <summary>A message as one line: when, who, what, and how far it got.</summary>
    public static string Describe(Screen screen, MessageInfo message)
    {
        bool sent = message.Direction == "out";
        string count = message.Recipients is { } recipients ? $" {message.DeliveredTo ?? 0} of {recipients}" : "";
        string state = sent ? $"  [{message.State}{count}{Reason(message.Reason)}]" : "";
        string from = sent ? "to  " : message.Request ? "request from" : "from";
        string text = message.Damaged ? "(the text is lost: its row in the store is damaged)" : Text(message);
        return $"{When(screen, message)} {from} {Who(message)}{Mark(message)}: {text}{Marks(message)}{state}";
    }

    /// <summary>Behind a state: why it is so, where there is something to say.</summary>
    public static string Reason(string? reason) => reason is null ? "" : $": {reason}";

    internal static void Show(Screen screen, MessageInfo message) =>
        screen.Line($"{message.Id} {Describe(screen, message)}");

    internal static void ShowAll(Screen screen, IReadOnlyList<MessageInfo> messages)
    {
        foreach (MessageInfo message in messages)
            Show(screen, message);
        if (messages.Count == 0)
            screen.Line(None);
    }

    /// <summary>What a message says, on a line.</summary>
    private static string Text(MessageInfo message)
    {
        string text = Screen.Printable(message.Text);
        // A daemon of an earlier version does not say what it is.
        if (message.Content is not { } content)
            return text;
        return content.Type switch
        {
            "text" => text,
            "reply" => $"(to {message.ReplyTo}) {text}",
            "timer" => $"(messages disappear: {content.Disappear})",
            "file" => $"(file {text}, {Screen.Count(content.Size ?? 0, "byte")})",
            "contact" => $"(contact {text}: {content.Address})",
            "location" => $"(at {text})",
            "joined" or "left" => $"({content.Address} {content.Type})",
            "renamed" => $"(renamed to {text})",
            "epoch" => "(new keys)",
            "deleted" => "(deleted)",
            _ => "(unsupported: a later version of the program can read it)",
        };
    }

    /// <summary>What was done with it since.</summary>
    private static string Marks(MessageInfo message)
    {
        string signs = string.Concat((message.Reactions ?? []).Select(r => Screen.Printable(r.Emoji)));
        string edited = message.EditedAt is null ? "" : " (edited)";
        string read = message.ReadBy is { Count: > 0 } readers ? $" (read by {readers.Count})" : "";
        return $"{edited}{(signs.Length > 0 ? $" {signs}" : "")}{read}";
    }

    /// <summary>Whom a message is with: nobody, an alias or address, a group, or somebody in a group.</summary>
    private static string Who(MessageInfo message)
    {
        if (message.Conversation == Notes)
            return Notes;
        string? peer = message.Alias is null ? message.Peer : Screen.Printable(message.Alias);
        string? group = message.Group is null ? null : Screen.Printable(message.Group);
        return group is null ? peer ?? "-" : peer is null ? group : $"{peer} in {group}";
    }

    /// <summary>When it was sent, where that differs from when it came; and that it came too late.</summary>
    private static string When(Screen screen, MessageInfo message)
    {
        string at = screen.Local(message.CreatedAt, "MM-dd HH:mm:ss");
        if (message.SentAt is not { } said || (message.CreatedAt - said).Duration() <= _worthSaying)
            return at;
        return $"sent {screen.Local(said)}, arrived {at}{(message.Late ? " after its lifetime" : "")},";
    }

    /// <summary>In a group: whether the one who is named wrote it, or only some member did.</summary>
    private static string Mark(MessageInfo message) => message.Security switch
    {
        "mls-lite" => " (unsigned)",
        "mls-lite-signed" => " (signed)",
        _ => "",
    };
}
