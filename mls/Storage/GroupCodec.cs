using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Storage;

/// <summary>
/// The value that says what a group consists of; each state has values of its own beside it. All formats are this
/// library's own.
/// </summary>
internal static class GroupCodec
{
    // version; status; group id<V>; bool joined by last resort; log; resumption PSKs;
    // uint32 count of states, the tip first, each: name<V>, standing, int64 left (ms), optional parent[32], optional
    // author, optional ReInit<V>; uint32 count of invitations, each: state[32]
    internal static byte[] Write(GroupCore core)
    {
        using MlsWriter writer = new(2048);
        writer.Byte(EpochCodec.FormatVersion);
        writer.Byte((byte)core.Status);
        writer.Vector(core.Tip.Context.GroupId);
        writer.Presence(core.JoinedByLastResort);
        core.Log.Write(writer);
        core.Resumption.Write(writer);
        writer.UInt32((uint)core.Others.Count + 1);
        foreach (GroupEpoch state in core.All)
            WriteTrace(writer, state.Trace);
        writer.UInt32((uint)core.Invitations.Count);
        foreach (StateId state in core.Invitations)
            state.Write(writer.Take(StateId.Size));
        return writer.ToArray();
    }

    /// <summary>The group id in a value; null if it is none.</summary>
    internal static ReadOnlyMemory<byte>? GroupIdOf(byte[] state)
    {
        MlsReader reader = new(state);
        return TryReadHead(ref reader, out _, out ReadOnlyMemory<byte> groupId) ? groupId.ToArray() : null;
    }

    /// <summary>What is to be known of a group without its identity.</summary>
    internal static GroupStatus? StatusOf(byte[] state)
    {
        MlsReader reader = new(state);
        return TryReadHead(ref reader, out GroupStatus status, out _) ? status : null;
    }

    /// <summary>A resumption PSK of a group that need not be opened for it; null if there is none.</summary>
    internal static byte[]? ResumptionPskOf(byte[] state, ulong epoch)
    {
        MlsReader reader = new(state);
        if (!TryReadHead(ref reader, out _, out _) || !reader.TryReadPresence(out _)
            || CommitLog.Read(ref reader) is not { } log || ResumptionPsks.Read(ref reader) is not { } psks)
        {
            return null;
        }
        using (psks)
        {
            StateId? newest = log.Newest;
            return psks.Find(epoch, newest ?? default, log);
        }
    }

    /// <summary>Opens a group; null if the store has none of the id.</summary>
    /// <exception cref="InvalidDataException">The stored state is damaged.</exception>
    /// <exception cref="InvalidOperationException">The client lacks the identity that the group was joined
    /// with.</exception>
    internal static GroupCore? Load(MlsClient client, ReadOnlySpan<byte> groupId)
    {
        string key = StoreKeys.Group(groupId);
        if (client.Store.Read(StoreKeys.State(key)) is not { } bytes)
            return null;
        MlsReader reader = new(bytes);
        Stored.Require(TryReadHead(ref reader, out GroupStatus status, out _));
        Stored.Require(reader.TryReadPresence(out bool lastResort));
        CommitLog log = CommitLog.Read(ref reader) ?? throw Stored.Damaged();
        ResumptionPsks psks = ResumptionPsks.Read(ref reader) ?? throw Stored.Damaged();
        Stored.Require(reader.TryReadUInt32(out uint states) && states > 0);
        List<GroupEpoch> read = [];
        HashSet<string> stored = [.. client.Store.Keys(key)];
        for (uint i = 0; i < states; i++)
            read.Add(ReadState(client.Store, key, stored, ReadTrace(ref reader)));
        Stored.Require(reader.TryReadUInt32(out uint invitations));
        List<StateId> invited = [];
        for (uint i = 0; i < invitations; i++)
        {
            Stored.Require(reader.TryReadBytes(StateId.Size, out ReadOnlySpan<byte> id));
            invited.Add(new StateId(id));
        }
        Stored.Require(reader.AtEnd);
        Crypto.Secrets.Zero(bytes);

        GroupEpoch tip = read[0];
        MlsIdentity identity = client.FindIdentity(tip.Suite.Id, tip.Tree.Leaf(tip.Self)!.SignatureKey.Span)
            ?? throw new InvalidOperationException(
                "The identity that the group was joined with was not given to the client.");
        GroupCore core = new(tip, identity)
        {
            Status = status,
            JoinedByLastResort = lastResort,
            Log = log,
            Resumption = psks,
            Invitations = invited,
            Stored = stored,
        };
        core.Others.AddRange(read[1..]);
        if (client.Store.Read(StoreKeys.Pending(key)) is { } pending)
            core.Pending = PendingCodec.Read(client, tip, key, pending);
        return core;
    }

    private static GroupEpoch ReadState(
        IGroupStore store, string key, IReadOnlyCollection<string> stored, EpochTrace trace)
    {
        string name = trace.StoreName!;
        GroupEpoch state =
            EpochCodec.Read(store.Read(StoreKeys.Epoch(key, name)), store.Read(StoreKeys.Keys(key, name)), trace);
        List<(uint Leaf, byte[] Value)> ratchets = [];
        foreach (string value in stored)
        {
            if (StoreKeys.LeafOf(key, name, value) is { } leaf)
                ratchets.Add((leaf, store.Read(value) ?? throw Stored.Damaged()));
        }
        EpochCodec.ReadRatchets(state, ratchets);
        if (trace.Standing == StateStanding.Live)
            EpochCodec.ReadProposals(store.Read(StoreKeys.Proposals(key, name)), state);
        return state;
    }

    private static bool TryReadHead(ref MlsReader reader, out GroupStatus status, out ReadOnlyMemory<byte> groupId)
    {
        status = default;
        groupId = default;
        if (!reader.TryReadByte(out byte version) || version != EpochCodec.FormatVersion
            || !reader.TryReadByte(out byte value))
            return false;
        status = (GroupStatus)value;
        return Enum.IsDefined(status) && reader.TryReadVector(out groupId);
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

    private static bool TryReadReInit(ref MlsReader reader, out ReInitProposal? reInit)
    {
        reInit = null;
        if (!reader.TryReadPresence(out bool present))
            return false;
        if (!present)
            return true;
        if (!reader.TryReadVector(out ReadOnlyMemory<byte> encoded))
            return false;

        // A copy, because the buffer is zeroed.
        MlsReader inner = new(encoded.ToArray());
        reInit = Proposal.TryRead(ref inner, out Proposal proposal) ? proposal as ReInitProposal : null;
        return reInit is not null;
    }

    private static void WriteTrace(MlsWriter writer, EpochTrace trace)
    {
        writer.Vector(System.Text.Encoding.ASCII.GetBytes(trace.StoreName!));
        writer.Byte((byte)trace.Standing);
        writer.UInt64((ulong)trace.Left.ToUnixTimeMilliseconds());
        writer.Presence(trace.Parent is not null);
        trace.Parent?.Write(writer.Take(StateId.Size));
        writer.Presence(trace.Author is not null);
        if (trace.Author is { } author)
            writer.UInt32(author.Value);
        WriteReInit(writer, trace.ReInit);
    }

    private static EpochTrace ReadTrace(ref MlsReader reader)
    {
        Stored.Require(reader.TryReadVector(out ReadOnlyMemory<byte> name) & reader.TryReadByte(out byte standing));
        Stored.Require(Enum.IsDefined((StateStanding)standing));
        Stored.Require(reader.TryReadUInt64(out ulong left) & reader.TryReadPresence(out bool parented));
        StateId? parent = null;
        if (parented)
        {
            Stored.Require(reader.TryReadBytes(StateId.Size, out ReadOnlySpan<byte> id));
            parent = new StateId(id);
        }
        Stored.Require(reader.TryReadPresence(out bool authored));
        LeafIndex? author = null;
        if (authored)
        {
            Stored.Require(reader.TryReadUInt32(out uint index));
            author = new LeafIndex(index);
        }
        Stored.Require(TryReadReInit(ref reader, out ReInitProposal? reInit));
        return new EpochTrace
        {
            StoreName = System.Text.Encoding.ASCII.GetString(name.Span),
            Standing = (StateStanding)standing,
            Left = Stored.Time(left),
            Parent = parent,
            Author = author,
            ReInit = reInit,
        };
    }
}
