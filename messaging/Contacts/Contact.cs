using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Contacts;

// What the store keeps, sealed:
//
//  version 01(1) verified(1) key(32) card(0..)

/// <summary>
/// What the owner has of somebody: the key, perhaps a card, and whether the two have compared numbers.
/// </summary>
/// <param name="Key">The Ed25519 public key, 32 bytes; its hash is the address.</param>
/// <param name="IsVerified">The safety number was compared.</param>
/// <param name="Card">The card that came last; null for none.</param>
public sealed record Contact(ReadOnlyMemory<byte> Key, bool IsVerified, ContactCard? Card)
{
    private const byte Version = 1;
    private const int FixedSize = 2 + Ed25519.PublicKeySize;

    /// <summary>The address.</summary>
    public NodeAddress Address => NodeAddress.Of(Key.Span);

    /// <summary>What the store is to keep.</summary>
    public byte[] ToBytes() =>
        [Version, IsVerified ? (byte)1 : (byte)0, .. Key.Span, .. (Card?.Bytes ?? default).Span];

    /// <summary>Reads what was kept; false if that makes no sense.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Contact? contact)
    {
        contact = null;
        if (bytes.Length < FixedSize || bytes[0] != Version || bytes[1] > 1)
            return false;
        byte[] key = bytes[2..FixedSize].ToArray();
        ContactCard? card = null;
        if (bytes.Length > FixedSize
            && (!ContactCard.TryRead(bytes[FixedSize..], out card) || !card.Key.Span.SequenceEqual(key)))
            return false;
        contact = new Contact(key, bytes[1] == 1, card);
        return true;
    }
}
