namespace QuicProChat.Mesh.Api;

/// <summary>What <c>contact-show</c> takes.</summary>
public sealed record ContactShowRequest
{
    /// <summary>An address or alias; without it this node's own card is made.</summary>
    public string? To { get; set; }

    /// <summary>For the own card: a URI to be dialled at.</summary>
    public string? Peer { get; set; }

    /// <summary>Draw a QR code.</summary>
    public bool Qr { get; set; }
}

/// <content><c>contact-show</c>.</content>
public static partial class Commands
{
    /// <summary><c>contact-show</c>: a contact card, without a name the own one.</summary>
    public static CommandSpec<ContactShowRequest, ContactInfo> ContactShow { get; } = new(
        "contact-show", CommandGroup.Contacts, "A contact card; without a name the own one.", json => json.ContactInfo,
        new ArgumentList<ContactShowRequest>()
            .OptionalOperand("to", "An address or alias.", r => r.To, (r, v) => r.To = v)
            .Option("peer", "URI", "In the own card: where to be dialled.", r => r.Peer, (r, v) => r.Peer = v)
            .Flag("qr", "Draw a QR code.", r => r.Qr, (r, v) => r.Qr = v))
    {
        IsBrief = true,
        Console =
        [
            new("/contact show", "[PEER]", "a contact card, without PEER the own one")
            {
                Parse = line => new ContactShowRequest { To = line.Rest.Length > 0 ? line.Rest : null, Qr = true },
            },
        ],
        Rendering = ShowContact,
    };
}
