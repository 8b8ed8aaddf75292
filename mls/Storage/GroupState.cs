using System.Security.Cryptography;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Storage;

/// <summary>
/// A group in a store. What is large and fixed for an epoch (context and tree) is one value, written once; what changes with
/// every message (ratchets) is another, so that a message costs a small write. All formats are this library's own.
/// </summary>
internal static partial class GroupState
{
    private const byte FormatVersion = 1;

    /// <summary>All values of a group.</summary>
    internal static List<StoreChange> Everything(Group group)
    {
        List<StoreChange> changes = [StatePart(group), EpochPart(group, group.Current)];
        if (group.Proposals.Count > 0)
            changes.Add(ProposalsPart(group));
        return changes;
    }

    // version; status; group id<V>; epoch; path keys; epoch secrets; secret tree;
    // optional ReInit; past epochs; resumption PSKs; keys of own updates
    internal static StoreChange StatePart(Group group)
    {
        using MlsWriter writer = new(2048);
        writer.Byte(FormatVersion);
        writer.Byte((byte)group.Status);
        writer.Vector(group.GroupId);
        writer.UInt64(group.Epoch);
        WriteSecrets(writer, group.Current);
        WriteReInit(writer, group.ReInit);
        writer.UInt32((uint)group.Past.Count);
        foreach (PastEpoch past in group.Past)
        {
            writer.UInt64(past.Context.Epoch);
            writer.UInt64((ulong)past.Expires.ToUnixTimeMilliseconds());
            writer.Vector(past.SenderDataSecret);
            past.SecretTree.Write(writer);
        }
        writer.UInt32((uint)group.Resumption.Count);
        foreach ((ulong epoch, byte[] psk) in group.Resumption)
        {
            writer.UInt64(epoch);
            writer.Vector(psk);
        }
        writer.UInt32((uint)group.OwnUpdates.Count);
        foreach ((ReadOnlyMemory<byte> reference, byte[] key) in group.OwnUpdates)
        {
            writer.Vector(reference);
            writer.Vector(key);
        }
        return new StoreChange(StoreKeys.State(group.StoreKey), writer.ToArray());
    }

    internal static StoreChange EpochPart(Group group, GroupEpoch epoch) =>
        new(StoreKeys.Epoch(group.StoreKey, epoch.Context.Epoch), EpochBytes(epoch));

    internal static StoreChange ProposalsPart(Group group)
    {
        using MlsWriter writer = new(1024);
        writer.Byte(FormatVersion);
        foreach (StoredProposal proposal in group.Proposals)
            writer.Vector(proposal.Content);
        return new StoreChange(StoreKeys.Proposals(group.StoreKey), writer.ToArray());
    }

    // version; commit<V>; optional welcome<V>; signature key of the committer afterwards<V>; optional ReInit; secrets
    internal static StoreChange PendingPart(Group group, PendingCommit pending)
    {
        using MlsWriter writer = new(4096);
        writer.Byte(FormatVersion);
        writer.Vector(pending.Message);
        writer.Presence(pending.Welcome is not null);
        if (pending.Welcome is { } welcome)
            writer.Vector(welcome);
        writer.Vector(pending.Identity.PublicKey);
        WriteReInit(writer, pending.Summary.ReInit);
        WriteSecrets(writer, pending.Next);
        return new StoreChange(StoreKeys.Pending(group.StoreKey), writer.ToArray());
    }

    internal static StoreChange PendingEpochPart(Group group, PendingCommit pending) =>
        new(StoreKeys.PendingEpoch(group.StoreKey), EpochBytes(pending.Next));

    /// <summary>Zeroes buffers that a store has taken over.</summary>
    internal static void Zero(IEnumerable<StoreChange> changes)
    {
        foreach (StoreChange change in changes)
        {
            if (change.Value is { } value
                && System.Runtime.InteropServices.MemoryMarshal.TryGetArray(value, out ArraySegment<byte> segment))
            {
                CryptographicOperations.ZeroMemory(segment);
            }
        }
    }

    // version; GroupContext; confirmation tag<V>; own leaf; ratchet_tree
    private static byte[] EpochBytes(GroupEpoch epoch)
    {
        using MlsWriter writer = new(4096);
        writer.Byte(FormatVersion);
        writer.Raw(epoch.Context.Encoded);
        writer.Vector(epoch.ConfirmationTag);
        writer.UInt32(epoch.Self.Value);
        epoch.Tree.Write(writer);
        return writer.ToArray();
    }

    private static void WriteSecrets(MlsWriter writer, GroupEpoch epoch)
    {
        epoch.Keys.Write(writer);
        epoch.Secrets.Write(writer);
        epoch.SecretTree.Write(writer);
    }

    private static void WriteReInit(MlsWriter writer, ReInitProposal? reInit)
    {
        writer.Presence(reInit is not null);
        if (reInit is null)
            return;
        int mark = writer.Begin();
        reInit.Write(writer);
        writer.End(mark);
    }
}
