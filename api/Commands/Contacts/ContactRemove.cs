namespace QuicProChat.Mesh.Api;

/// <summary>What <c>contact-remove</c> takes.</summary>
public sealed record ContactRemoveRequest
{
    /// <summary>An address or alias.</summary>
    public string? To { get; set; }
}

/// <content><c>contact-remove</c>.</content>
public static partial class Commands
{
    /// <summary><c>contact-remove</c>: forgets the card of a contact, and that it was verified.</summary>
    public static CommandSpec<ContactRemoveRequest, DoneInfo> ContactRemove { get; } = new(
        "contact-remove", CommandGroup.Contacts, "Forgets the card of a contact, and that it was verified.",
        json => json.DoneInfo,
        new ArgumentList<ContactRemoveRequest>()
            .Operand("to", "An address or alias.", r => r.To, (r, v) => r.To = v))
    {
        IsBrief = true,
        Console = [new("/contact remove", "PEER", "forget a card")],
    };
}
