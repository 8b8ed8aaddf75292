using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Contacts;

/// <summary>The people whose cards the owner took, or whose number was compared. From any thread.</summary>
public sealed class ContactBook
{
    /// <summary>How many there are at most. Arbitrary.</summary>
    public const int MaxContacts = 4096;

    private static ReadOnlySpan<byte> Prefix => "contact "u8;

    private readonly ConcurrentDictionary<NodeAddress, Contact> _contacts = new();

    /// <summary>What the names of values begin with that contacts are kept under.</summary>
    public static ReadOnlySpan<byte> ValuePrefix => Prefix;

    /// <summary>The name of the value that a contact is kept under.</summary>
    public static byte[] ValueName(in NodeAddress address)
    {
        byte[] name = new byte[Prefix.Length + NodeAddress.Size];
        Prefix.CopyTo(name);
        address.Write(name.AsSpan(Prefix.Length));
        return name;
    }

    /// <summary>All of them, by address.</summary>
    public IReadOnlyList<Contact> List() => [.. _contacts.OrderBy(c => c.Key).Select(c => c.Value)];

    /// <summary>Somebody; null for nobody that was taken.</summary>
    public Contact? Find(in NodeAddress address) => _contacts.GetValueOrDefault(address);

    /// <summary>The safety number with somebody was compared.</summary>
    public bool IsVerified(in NodeAddress address) => Find(address) is { IsVerified: true };

    /// <summary>Takes one in; it is on disk.</summary>
    public void Set(Contact contact) => _contacts[contact.Address] = contact;

    /// <summary>Forgets one; false if there is none.</summary>
    public bool Remove(in NodeAddress address) => _contacts.TryRemove(address, out _);

    /// <summary>
    /// What a card makes of what was known: what was compared stays compared, since the address is the key.
    /// </summary>
    /// <exception cref="MessagingException">There are too many.</exception>
    public Contact With(ContactCard card)
    {
        Contact? before = Find(card.Address);
        return before is null && _contacts.Count >= MaxContacts
            ? throw new MessagingException(Refusal.Refused, $"there are {MaxContacts} contacts already")
            : new Contact(card.Key, before is { IsVerified: true }, card);
    }
}
