using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>What <c>contact-add</c> takes.</summary>
public sealed record ContactAddRequest
{
    /// <summary>A card: <c>qpc:...</c></summary>
    public string? Uri { get; set; }

    /// <summary>The alias to give it; without it none is given.</summary>
    public string? Alias { get; set; }

    /// <summary>Keep links to the peers that the card names.</summary>
    public bool Dial { get; set; }
}

/// <summary>Somebody whose card the owner has, or whose number was compared.</summary>
/// <param name="Address">The address.</param>
/// <param name="Key">The public key: 64 hexadecimal digits.</param>
/// <param name="Verified">The safety number was compared.</param>
public sealed record ContactInfo(string Address, string Key, bool Verified)
{
    /// <summary>True for the card of this very node.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Self { get; init; }

    /// <summary>True where the owner blocked it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Blocked { get; init; }

    /// <summary>What the owner calls it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Alias { get; init; }

    /// <summary>What its card calls it, which anybody may.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>Where its card says that it can be dialled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Peers { get; init; }

    /// <summary>The hash of a KeyPackage: 16 hexadecimal digits.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? KeyPackage { get; init; }

    /// <summary>The card: <c>qpc:...</c></summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Uri { get; init; }

    /// <summary>A QR code of the card is to be drawn.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Qr { get; init; }
}

/// <content><c>contact-add</c>.</content>
public static partial class Commands
{
    /// <summary><c>contact-add</c>: takes a contact card.</summary>
    public static CommandSpec<ContactAddRequest, ContactInfo> ContactAdd { get; } = new(
        "contact-add", CommandGroup.Contacts, "Takes a contact card.", json => json.ContactInfo,
        new ArgumentList<ContactAddRequest>()
            .Operand("uri", "qpc:...; - reads it from standard input.", r => r.Uri, (r, v) => r.Uri = v,
                takesInput: true)
            .Option("alias", "NAME", "What to call it.", r => r.Alias, (r, v) => r.Alias = v)
            .Flag("dial", "Keep links to the peers that the card names.", r => r.Dial, (r, v) => r.Dial = v))
    {
        IsBrief = true,
        Console = [new("/contact add", "URI", "take a contact card")],
        Rendering = ShowContact,
    };

    private static void ShowContact(Screen screen, ContactInfo contact)
    {
        string alias = contact.Alias is { } name ? $" {Screen.Printable(name)}" : "";
        string announced = contact is { Name: { Length: > 0 } called, Verified: false }
            ? $" ('{Screen.Printable(called)}', unverified)" : contact.Verified ? " (verified)" : "";
        string what = contact.Self ? " (this node)" : announced + (contact.Blocked ? " (blocked)" : "");
        screen.Line($"{contact.Address}{alias}{what}");
        foreach (string peer in contact.Peers ?? [])
            screen.Line($"  {Screen.Printable(peer)}");
        if (contact.Uri is { } uri)
            screen.Line($"  {uri}");
        if (contact is { Qr: true, Uri: { } code })
            screen.Code(code);
    }
}
