using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Contacts;

// docs/reference/contacts.md, section 2:
//
//  version 01(1) parts(1) key(32) nameSize(1) name(0..32) peerCount(1) { size(1) uri(1..200) } [ keyPackage(8) ]
//  signature(64)
//
//  parts: bit 0: the hash of a KeyPackage is there; the others are 0
//  signature: Ed25519 by key over "qpc-mesh/1 contact card" || everything before it

/// <summary>
/// What somebody hands out to be found and written to, signed by that somebody. The address is not in it: it is the
/// hash of the key. That the signature holds says that the card is whole and its owner's; who that is, only a safety
/// number can say.
/// </summary>
public sealed class ContactCard : IEquatable<ContactCard>
{
    /// <summary>Ways to reach it, at most. Arbitrary.</summary>
    public const int MaxPeers = 4;

    /// <summary>Longest of those in bytes. Arbitrary.</summary>
    public const int MaxPeerSize = 200;

    /// <summary>Longest name in bytes of UTF-8: that of an announce.</summary>
    public const int MaxNameSize = Limits.MaxNodeName;

    /// <summary>What its URI begins with.</summary>
    public const string Scheme = "qpc:";

    /// <summary>Largest card in bytes.</summary>
    public const int MaxSize =
        FixedSize + MaxNameSize + MaxPeers * (1 + MaxPeerSize) + KeyPackageHash.Size + Ed25519.SignatureSize;

    private const byte Version = 1;
    private const byte HasKeyPackage = 1;
    private const int FixedSize = 1 + 1 + Ed25519.PublicKeySize + 1 + 1;

    private ContactCard(
        byte[] bytes, byte[] key, string name, IReadOnlyList<string> peers, KeyPackageHash? keyPackage) =>
        (Bytes, Key, Name, Peers, KeyPackage) = (bytes, key, name, peers, keyPackage);

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 contact card"u8;

    /// <summary>All of it, with the signature.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The Ed25519 public key, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Key { get; }

    /// <summary>The address: the hash of the key.</summary>
    public NodeAddress Address => NodeAddress.Of(Key.Span);

    /// <summary>What its owner is called; may be empty. Anybody can choose any name.</summary>
    public string Name { get; }

    /// <summary>URIs that a link to it, or to somebody near it, can be dialled at.</summary>
    public IReadOnlyList<string> Peers { get; }

    /// <summary>The hash of a KeyPackage of it.</summary>
    public KeyPackageHash? KeyPackage { get; }

    /// <summary>Makes and signs a card of this node.</summary>
    /// <exception cref="ArgumentException">Name or peers are more than a card takes.</exception>
    public static ContactCard Sign(
        LocalIdentity identity, string name, IReadOnlyList<string> peers, KeyPackageHash? keyPackage = null)
    {
        if (!DisplayName.IsValid(name, MaxNameSize) || peers.Count > MaxPeers || !peers.All(IsPeer))
            throw new ArgumentException("A card takes a short name, and a few URIs.", nameof(name));
        List<byte> card = [Version, keyPackage is null ? (byte)0 : HasKeyPackage, .. identity.PublicKey.Span];
        AddShort(card, name);
        card.Add((byte)peers.Count);
        foreach (string peer in peers)
            AddShort(card, peer);
        if (keyPackage is { } hash)
        {
            Span<byte> bytes = stackalloc byte[KeyPackageHash.Size];
            hash.Write(bytes);
            card.AddRange(bytes);
        }

        Span<byte> signature = stackalloc byte[Ed25519.SignatureSize];
        identity.Sign([.. Label, .. card], signature);
        card.AddRange(signature);
        return new ContactCard([.. card], identity.PublicKey.ToArray(), name, [.. peers], keyPackage);
    }

    /// <summary>Reads a card and checks its signature; false if it is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out ContactCard? card)
    {
        card = null;
        if (bytes.Length is < FixedSize + Ed25519.SignatureSize or > MaxSize || bytes[0] != Version
            || bytes[1] is not (0 or HasKeyPackage))
            return false;
        ReadOnlySpan<byte> body = bytes[..^Ed25519.SignatureSize];
        ReadOnlySpan<byte> key = body.Slice(2, Ed25519.PublicKeySize);
        ReadOnlySpan<byte> rest = body[(2 + Ed25519.PublicKeySize)..];
        if (!TryReadShort(ref rest, MaxNameSize, out ReadOnlySpan<byte> name) || !DisplayName.IsValid(name, MaxNameSize)
            || !TryReadPeers(ref rest, out string[] peers))
            return false;
        KeyPackageHash? keyPackage = null;
        if (bytes[1] == HasKeyPackage)
        {
            if (rest.Length != KeyPackageHash.Size)
                return false;
            keyPackage = KeyPackageHash.Read(rest);
            rest = default;
        }

        if (!rest.IsEmpty || !Ed25519.IsValidPublicKey(key)
            || !Ed25519.Verify([.. Label, .. body], key, bytes[^Ed25519.SignatureSize..]))
            return false;
        card = new ContactCard(bytes.ToArray(), key.ToArray(), Encoding.UTF8.GetString(name), peers, keyPackage);
        return true;
    }

    /// <summary>Takes a URI; the error says what is wrong with it.</summary>
    public static bool TryParse(
        string uri, [NotNullWhen(true)] out ContactCard? card, [NotNullWhen(false)] out string? error)
    {
        card = null;
        error = $"a contact card begins with {Scheme}";
        if (!uri.StartsWith(Scheme, StringComparison.Ordinal))
            return false;
        string text = uri[Scheme.Length..];
        error = "the contact card is cut or was altered: its signature does not hold";
        byte[] bytes = new byte[MaxSize + 3];
        if (text.Length > (MaxSize + 2) / 3 * 4 || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out int written))
            return false;
        if (!TryRead(bytes.AsSpan(0, written), out card))
            return false;
        error = null;
        return true;
    }

    /// <summary>The URI: text for a QR code or a message.</summary>
    public string ToUri() => Scheme + Base64Url.EncodeToString(Bytes.Span);

    /// <inheritdoc/>
    public bool Equals(ContactCard? other) => other is not null && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ContactCard);

    /// <inheritdoc/>
    public override int GetHashCode() => Address.GetHashCode();

    /// <summary>Tells whether a text can stand among the peers of a card: a URI in ASCII that shows.</summary>
    public static bool IsPeer(string peer) =>
        peer.Length is > 0 and <= MaxPeerSize && peer.All(static c => c is > ' ' and < '\x7F');

    private static void AddShort(List<byte> card, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        card.Add((byte)bytes.Length);
        card.AddRange(bytes);
    }

    private static bool TryReadPeers(ref ReadOnlySpan<byte> rest, out string[] peers)
    {
        peers = [];
        if (rest.IsEmpty || rest[0] > MaxPeers)
            return false;
        peers = new string[rest[0]];
        rest = rest[1..];
        for (int i = 0; i < peers.Length; i++)
        {
            if (!TryReadShort(ref rest, MaxPeerSize, out ReadOnlySpan<byte> peer))
                return false;
            peers[i] = Encoding.Latin1.GetString(peer);
            if (!IsPeer(peers[i]))
                return false;
        }

        return true;
    }

    private static bool TryReadShort(ref ReadOnlySpan<byte> bytes, int maxSize, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (bytes.IsEmpty || bytes[0] > maxSize || bytes.Length <= bytes[0])
            return false;
        value = bytes.Slice(1, bytes[0]);
        bytes = bytes[(1 + value.Length)..];
        return true;
    }
}
