using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Storage;

/// <summary>Names of what a client stores.</summary>
internal static class StoreKeys
{
    internal const string Groups = "group/";
    internal const string KeyPackages = "keypackage/";

    /// <summary>Group ids have any length and content, so a digest of them names the group.</summary>
    internal static string Group(ReadOnlySpan<byte> groupId) => $"{Groups}{Convert.ToHexStringLower(SHA256.HashData(groupId))}/";

    internal static string State(string group) => group + "state";

    internal static string Proposals(string group) => group + "proposals";

    internal static string Pending(string group) => group + "pending";

    internal static string Epoch(string group, ulong epoch) => $"{group}epoch-{epoch:x16}";

    /// <summary>The public part of the epoch that an own pending commit leads to: not an epoch of the group yet.</summary>
    internal static string PendingEpoch(string group) => group + "pending-epoch";

    internal static string KeyPackage(ReadOnlySpan<byte> reference) => KeyPackages + Convert.ToHexStringLower(reference);
}
