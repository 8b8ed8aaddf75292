namespace QuicProChat.Mesh.Api;

/// <summary>What <c>contact-send</c> takes.</summary>
public sealed record ContactSendRequest
{
    /// <summary>An alias, an address, <c>group:NAME</c>, <c>self</c>.</summary>
    public string? To { get; set; }

    /// <summary>Whose card: an address or alias; without it the own one.</summary>
    public string? Of { get; set; }
}

/// <content><c>contact-send</c>.</content>
public static partial class Commands
{
    /// <summary><c>contact-send</c>: sends a contact card.</summary>
    public static CommandSpec<ContactSendRequest, SendInfo> ContactSend { get; } = new(
        "contact-send", CommandGroup.Contacts, "Sends a contact card.", json => json.SendInfo,
        new ArgumentList<ContactSendRequest>()
            .Operand("to", "An alias, an address, group:NAME, self.", r => r.To, (r, v) => r.To = v)
            .OptionalOperand("of", "Whose card; without it the own one.", r => r.Of, (r, v) => r.Of = v))
    {
        IsBrief = true,
        Console = [new("/contact send", "PEER [OF]", "send a contact card")],
        Rendering = ShowSent,
    };
}
