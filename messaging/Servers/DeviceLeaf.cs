using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>
/// Whose device a leaf is (docs/reference/server-conversations.md, section 10). The signature key is the device's. The
/// first device of an account has the account's identity as its key; every other one has a certificate of that identity
/// in an extension of its leaf.
/// <code>
///  no extension            --> the leaf's key is the person
///  certificate that holds  --> the identity in it is the person
///  anything else           --> refused, where the leaf comes in: KeyPackage, Welcome, Add, Update, path of a commit
/// </code>
/// </summary>
internal static class DeviceLeaf
{
    /// <summary>The extension's type, of those for private use (RFC 9420, section 17.3).</summary>
    internal const ushort Type = 0xf4d8;

    /// <summary>Devices of one person, by the design.</summary>
    internal const int MaxDevices = 5;

    /// <summary>The extensions of a leaf: whose device it is, and where the inbox is.</summary>
    /// <param name="certificate">What the account's identity says; null for its first device.</param>
    /// <param name="home">The domain of the account's server; empty where it has none.</param>
    internal static ExtensionList ExtensionsOf(DeviceCertificate? certificate, string home = "") => new(
        [.. ServerHome.ToExtensions(home), .. certificate is null ? [] : (Extension[])[new(Type, certificate.Bytes)]]);

    /// <summary>Whether a leaf is what it says: its own key's, or certified. It verifies a signature.</summary>
    internal static bool IsSound(LeafNode leaf) => !leaf.Extensions.TryFind(Type, out ReadOnlyMemory<byte> data)
        || (DeviceCertificate.TryRead(data.Span, out DeviceCertificate? certificate)
            && certificate.IsOf(leaf.SignatureKey.Span));

    /// <summary>Whether a sound leaf may be taken in at a moment: its certificate has not ended.</summary>
    internal static bool IsAlive(LeafNode leaf, DateTimeOffset now) =>
        !leaf.Extensions.TryFind(Type, out ReadOnlyMemory<byte> data)
        || (DeviceCertificate.TryRead(data.Span, out DeviceCertificate? certificate) && certificate.IsAlive(now));

    /// <summary>Whose a leaf is that came in as a sound one: an Ed25519 key, 32 bytes.</summary>
    internal static byte[] PersonOf(LeafNode leaf) => leaf.Extensions.TryFind(Type, out ReadOnlyMemory<byte> data)
        && DeviceCertificate.TryRead(data.Span, out DeviceCertificate? certificate)
        ? certificate.Identity.ToArray() : leaf.SignatureKey.ToArray();

    /// <summary>Whether all members of a group understand devices: before that nobody adds a second one.</summary>
    internal static bool AreUnderstood(IEnumerable<Member> members) =>
        members.All(m => m.Leaf.Capabilities.Extensions.Contains(Type));

    /// <summary>
    /// How many leaves each person has, by the person's key in hexadecimal digits; null if a leaf is not sound.
    /// </summary>
    internal static Dictionary<string, int>? CountPersons(IEnumerable<Member> members)
    {
        Dictionary<string, int> leaves = new(StringComparer.Ordinal);
        foreach (Member member in members)
        {
            if (!IsSound(member.Leaf))
                return null;
            string person = Convert.ToHexString(PersonOf(member.Leaf));
            leaves[person] = leaves.GetValueOrDefault(person) + 1;
        }

        return leaves;
    }

    /// <summary>
    /// Whether all leaves of each person name one domain, where they name any: leaves of before the server had one name
    /// none.
    /// </summary>
    internal static bool HaveOneHomeEach(IEnumerable<Member> members)
    {
        Dictionary<string, string> homes = new(StringComparer.Ordinal);
        foreach (Member member in members)
        {
            string home = ServerHome.Of(member.Leaf), person = Convert.ToHexString(PersonOf(member.Leaf));
            if (home.Length > 0 && !homes.TryAdd(person, home) && homes[person] != home)
                return false;
        }

        return true;
    }

    /// <summary>The domain that the leaves of a person name, as far as any does; else empty.</summary>
    internal static string HomeOf(ReadOnlySpan<byte> person, IEnumerable<Member> members)
    {
        foreach (Member member in members)
        {
            if (PersonOf(member.Leaf).AsSpan().SequenceEqual(person)
                && ServerHome.Of(member.Leaf) is { Length: > 0 } home)
                return home;
        }

        return "";
    }

    /// <summary>The persons of leaves, each once.</summary>
    internal static List<byte[]> PersonsOf(IEnumerable<Member> members)
    {
        List<byte[]> persons = [];
        foreach (Member member in members)
        {
            byte[] person = PersonOf(member.Leaf);
            if (!ServerOutbox.Contains(persons, person))
                persons.Add(person);
        }

        return persons;
    }
}
