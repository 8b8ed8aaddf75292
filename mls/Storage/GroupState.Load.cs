using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Storage;

// Reading a group back. A store that gives out something else than it was given is a local fault, and throws.
internal static partial class GroupState
{
    /// <summary>The group id in a state value; null if it is none.</summary>
    internal static ReadOnlyMemory<byte>? GroupIdOf(byte[] state)
    {
        MlsReader reader = new(state);
        return reader.TryReadByte(out byte version) && version == FormatVersion && reader.TrySkip(1)
            && reader.TryReadVector(out ReadOnlyMemory<byte> groupId)
                ? groupId.ToArray()
                : null;
    }

    /// <summary>Opens a group; null if the store has none of the id.</summary>
    /// <exception cref="InvalidDataException">The stored state is damaged.</exception>
    internal static Group? Load(MlsClient client, ReadOnlySpan<byte> groupId)
    {
        string key = StoreKeys.Group(groupId);
        if (client.Store.Read(StoreKeys.State(key)) is not { } bytes)
            return null;
        MlsReader reader = new(bytes);
        Require(reader.TryReadByte(out byte version) && version == FormatVersion);
        Require(reader.TryReadByte(out byte status) & reader.TryReadVector(out _) & reader.TryReadUInt64(out ulong number));
        GroupEpoch epoch = ReadEpoch(client, StoreKeys.Epoch(key, number), ref reader);
        MlsIdentity identity = client.FindIdentity(epoch.Tree.Leaf(epoch.Self)!.SignatureKey.Span)
            ?? throw new InvalidOperationException("The identity that the group was joined with was not given to the client.");
        Group group = new(client, epoch, identity) { Status = (GroupStatus)status, ReInit = ReadReInit(ref reader) };
        Require(reader.TryReadUInt32(out uint pasts));
        for (uint i = 0; i < pasts; i++)
            group.Past.Add(ReadPast(client.Store, key, epoch.Suite, ref reader));
        Require(reader.TryReadUInt32(out uint resumptions));
        for (uint i = 0; i < resumptions; i++)
        {
            Require(reader.TryReadUInt64(out ulong at) & reader.TryReadVector(out ReadOnlyMemory<byte> psk));
            group.Resumption[at] = psk.ToArray();
        }
        Require(reader.TryReadUInt32(out uint updates));
        for (uint i = 0; i < updates; i++)
        {
            Require(reader.TryReadVector(out ReadOnlyMemory<byte> reference) & reader.TryReadVector(out ReadOnlyMemory<byte> own));
            group.OwnUpdates[reference.ToArray()] = own.ToArray();
        }
        Require(reader.AtEnd);
        Secrets.Zero(bytes);
        LoadProposals(client.Store, key, group);
        LoadPending(client, key, group);
        return group;
    }

    private static GroupEpoch ReadEpoch(MlsClient client, string epochKey, ref MlsReader secrets)
    {
        byte[] bytes = client.Store.Read(epochKey) ?? throw Damaged();
        MlsReader reader = new(bytes);
        Require(reader.TryReadByte(out byte version) && version == FormatVersion);
        Require(GroupContext.TryRead(ref reader, out GroupContext context, out _));
        Suite suite = Suite.Find(context.CipherSuite) ?? throw Damaged();
        Require(reader.TryReadVector(out ReadOnlyMemory<byte> tag) & reader.TryReadUInt32(out uint self));
        int treeStart = reader.Position;
        Require(!RatchetTree.TryRead(suite, bytes.AsMemory(treeStart), out RatchetTree tree).Failed);
        Require(!GroupRequirements.TryParse(context.Extensions, out GroupRequirements requirements).Failed);
        return new GroupEpoch
        {
            Suite = suite,
            Context = context,
            Requirements = requirements,
            Tree = tree,
            InterimTranscriptHash = AuthenticatedContent.InterimTranscriptHash(suite, context.ConfirmedTranscriptHash.Span, tag.Span),
            ConfirmationTag = tag.ToArray(),
            Self = new LeafIndex(self),
            Keys = PathKeys.Read(ref secrets) ?? throw Damaged(),
            Secrets = EpochSecrets.Read(ref secrets, suite.HashSize) ?? throw Damaged(),
            SecretTree = SecretTree.Read(suite, ref secrets) ?? throw Damaged(),
        };
    }

    private static PastEpoch ReadPast(IGroupStore store, string key, Suite suite, ref MlsReader reader)
    {
        Require(reader.TryReadUInt64(out ulong number) & reader.TryReadUInt64(out ulong expires));
        Require(reader.TryReadVector(out ReadOnlyMemory<byte> senderData));
        SecretTree secretTree = SecretTree.Read(suite, ref reader) ?? throw Damaged();
        byte[] bytes = store.Read(StoreKeys.Epoch(key, number)) ?? throw Damaged();
        MlsReader epoch = new(bytes);
        Require(epoch.TryReadByte(out _) & GroupContext.TryRead(ref epoch, out GroupContext context, out _));
        MlsReader rest = epoch;
        Require(rest.TryReadVector(out _) && rest.TrySkip(4));
        Require(!RatchetTree.TryRead(suite, bytes.AsMemory(rest.Position), out RatchetTree tree).Failed);
        return new PastEpoch(
            context, tree, senderData.ToArray(), secretTree, DateTimeOffset.FromUnixTimeMilliseconds((long)expires));
    }

    private static ReInitProposal? ReadReInit(ref MlsReader reader)
    {
        Require(reader.TryReadPresence(out bool present));
        if (!present)
            return null;

        // A copy, because the buffer is zeroed.
        Require(reader.TryReadVector(out ReadOnlyMemory<byte> encoded));
        MlsReader inner = new(encoded.ToArray());
        Require(Proposal.TryRead(ref inner, out Proposal proposal));
        return proposal as ReInitProposal ?? throw Damaged();
    }

    private static void LoadProposals(IGroupStore store, string key, Group group)
    {
        if (store.Read(StoreKeys.Proposals(key)) is not { } bytes)
            return;
        MlsReader reader = new(bytes);
        Require(reader.TryReadByte(out byte version) && version == FormatVersion);
        while (!reader.AtEnd)
        {
            Require(reader.TryReadVector(out ReadOnlyMemory<byte> encoded));
            MlsReader item = new(encoded);
            Require(AuthenticatedContent.TryRead(ref item, out AuthenticatedContent content) && content.Content.Proposal is not null);
            ResolvedProposal resolved = new(
                content.Content.Proposal!, content.Content.Sender, content.Reference(group.Current.Suite), Checked: true);
            group.Proposals.Add(new StoredProposal(resolved, encoded.ToArray()));
        }
    }

    private static void LoadPending(MlsClient client, string key, Group group)
    {
        if (client.Store.Read(StoreKeys.Pending(key)) is not { } bytes)
            return;
        MlsReader reader = new(bytes);
        Require(reader.TryReadByte(out byte version) && version == FormatVersion);
        Require(reader.TryReadVector(out ReadOnlyMemory<byte> message) & reader.TryReadPresence(out bool welcomed));
        ReadOnlyMemory<byte> welcome = default;
        Require(!welcomed || reader.TryReadVector(out welcome));
        Require(reader.TryReadVector(out ReadOnlyMemory<byte> signatureKey));
        ReInitProposal? reInit = ReadReInit(ref reader);
        GroupEpoch next = ReadEpoch(client, StoreKeys.PendingEpoch(key), ref reader);
        MlsIdentity identity = client.FindIdentity(signatureKey.Span)
            ?? throw new InvalidOperationException("The identity of the pending commit was not given to the client.");
        CommitSummary summary = CommitSummaries.OfDifference(group.Current, next, reInit);
        group.Pending = new PendingCommit(message.ToArray(), welcomed ? welcome.ToArray() : null, next, identity, summary);
        Secrets.Zero(bytes);
    }

    private static void Require(bool ok)
    {
        if (!ok)
            throw Damaged();
    }

    private static InvalidDataException Damaged() => new("The stored state of an MLS group is damaged.");
}
