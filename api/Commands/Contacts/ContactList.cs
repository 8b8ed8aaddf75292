namespace QuicProChat.Mesh.Api;

/// <content><c>contact-list</c>.</content>
public static partial class Commands
{
    /// <summary><c>contact-list</c>: those whose card the owner has, or whose number was compared.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<ContactInfo>> ContactList { get; } = new(
        "contact-list", CommandGroup.Contacts, "Those whose card is here, or whose number was compared.",
        json => json.IReadOnlyListContactInfo)
    {
        Console = [new("/contact list", "", "contacts")],
        Rendering = (screen, contacts) =>
        {
            foreach (ContactInfo contact in contacts)
                ShowContact(screen, contact with { Uri = null });
            if (contacts.Count == 0)
                screen.Line("no contacts");
        },
    };
}
