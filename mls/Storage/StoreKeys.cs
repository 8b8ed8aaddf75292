using System.Globalization;
using System.Security.Cryptography;
using QuicProChat.Mesh.Mls.Groups;

namespace QuicProChat.Mesh.Mls.Storage;

/// <summary>Names of what a client stores.</summary>
internal static class StoreKeys
{
    internal const string Groups = "group/";
    internal const string KeyPackages = "keypackage/";
    internal const string Joins = "join/";

    /// <summary>Group ids have any length and content, so a digest of them names the group.</summary>
    internal static string Group(ReadOnlySpan<byte> groupId) =>
        $"{Groups}{Convert.ToHexStringLower(SHA256.HashData(groupId))}/";

    /// <summary>What changes from epoch to epoch: which states there are, and which one is the tip.</summary>
    internal static string State(string group) => group + "state";

    internal static string Pending(string group) => group + "pending";

    /// <summary>The public part of the state that an own pending commit leads to.</summary>
    internal static string PendingEpoch(string group) => group + "pending-epoch";

    internal static string PendingKeys(string group) => group + "pending-keys";

    /// <summary>The public part of a state, written once.</summary>
    internal static string Epoch(string group, string name) => $"{group}epoch-{name}";

    /// <summary>The secrets of a state but for its ratchets; a member's first message changes them.</summary>
    internal static string Keys(string group, string name) => $"{group}keys-{name}";

    /// <summary>The ratchets of one member in a state: what a message changes.</summary>
    internal static string Ratchet(string group, string name, uint leaf) => $"{RatchetsOf(group, name)}{leaf:x}";

    /// <summary>The leaf that a value holds the ratchets of; null if it belongs to another state.</summary>
    internal static uint? LeafOf(string group, string name, string key)
    {
        // The name of a sibling state begins with this one's name, and has another part behind it.
        string prefix = RatchetsOf(group, name);
        return key.StartsWith(prefix, StringComparison.Ordinal)
            && uint.TryParse(
                key.AsSpan(prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint leaf)
            ? leaf : null;
    }

    internal static string Proposals(string group, string name) => $"{group}proposals-{name}";

    internal static string Welcome(string group, StateId state) => $"{group}welcome-{state}";

    internal static string KeyPackage(ReadOnlySpan<byte> reference) =>
        KeyPackages + Convert.ToHexStringLower(reference);

    /// <summary>What the names of an external commit's values begin with.</summary>
    internal static string Join(StateId child) => $"{Joins}{child}/";

    /// <summary>
    /// The name of a state among those of its group: the number of its epoch, and where another state has that already
    /// 16 bytes of its id too. Fewer could be made to collide by whoever makes both commits.
    /// </summary>
    internal static string NameFor(GroupEpoch state, IEnumerable<GroupEpoch> others)
    {
        string name = state.Number.ToString("x16", CultureInfo.InvariantCulture);
        return others.Any(o => o.Trace.StoreName == name)
            ? $"{name}-{Convert.ToHexStringLower(state.Id.ToArray().AsSpan(0, 16))}" : name;
    }

    private static string RatchetsOf(string group, string name) => $"{group}ratchet-{name}-";
}
