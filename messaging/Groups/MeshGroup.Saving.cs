using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

// version 1 = 2 | group 16 | running time 8 | own standing | keys set apart: state 32, until 4 | root | nodes | line
// | tips | orders | texts | Welcomes | MLS
//
/// <content>All of a group as bytes. They are secret: they hold the keys of its states, and texts.</content>
internal sealed partial class MeshGroup
{
    private const byte Version = 2;

    /// <summary>Without the keys that were set apart.</summary>
    private const byte VersionBefore = 1;

    /// <summary>What the store keeps. Secret.</summary>
    internal byte[] Save(Instant now)
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        Id.Write(writer.Take(MeshGroupId.Size));
        writer.UInt64((ulong)_clock.At(now).Ticks);
        GroupRecords.WriteOwn(writer, _own);
        _own.SetApart.State.Write(writer.Take(StateId.Size));
        writer.UInt32(_own.SetApart.Until);
        GroupRecords.WriteRoot(writer, _tree.Root);
        StateNode[] nodes = [.. _tree.DescendantsOf(_tree.Root)];
        writer.UInt32((uint)nodes.Length);
        foreach (StateNode node in nodes)
            GroupRecords.WriteNode(writer, node);
        _tree.Tip.Id.Write(writer.Take(StateId.Size));
        GroupRecords.WriteLine(writer, _line);
        GroupRecords.WriteTips(writer, _tips);
        GroupRecords.WritePool(writer, _pool);
        GroupRecords.WriteTexts(writer, _texts);
        GroupRecords.WriteWelcomes(writer, _welcomes);
        _self.Store.Save(NodeGroupStore.PrefixOf(Id), writer);
        return writer.ToArray();
    }

    /// <summary>Takes a group back as it was saved; null if the bytes make no sense.</summary>
    internal static MeshGroup? Load(GroupSelf self, Instant now, ReadOnlySpan<byte> saved)
    {
        var reader = new FrameReader(saved);
        if (!reader.TryByte(out byte version) || version is not (Version or VersionBefore)
            || !reader.TryTake(MeshGroupId.Size, out ReadOnlySpan<byte> id) || !reader.TryUInt64(out ulong ran)
            || ran > (ulong)TimeSpan.MaxValue.Ticks
            || !GroupRecords.TryReadOwn(ref reader, out OwnStanding own)
            || (version == Version && !TryReadSetApart(ref reader, own))
            || !GroupRecords.TryReadTree(ref reader, out GroupTree tree)
            || !GroupRecords.TryReadLine(ref reader, out MemberLine line)
            || !GroupRecords.TryReadTips(ref reader, out TipTable tips)
            || !GroupRecords.TryReadPool(ref reader, tree.Tip.Table, out OrderPool pool)
            || !GroupRecords.TryReadTexts(ref reader, out OutgoingTexts texts)
            || !GroupRecords.TryReadWelcomes(ref reader, tree, out HeldWelcomes welcomes))
            return null;
        var group = MeshGroupId.Read(id);
        if (!self.Store.TryLoad(NodeGroupStore.PrefixOf(group), ref reader) || !reader.AtEnd)
            return null;
        Group? mls = Reopen(self, group);
        if (mls is null || (mls.Tip.Id != tree.Tip.Id && mls.Status == GroupStatus.Active))
            return null;
        var parts = new GroupParts(tree, new RunningClock(TimeSpan.FromTicks((long)ran), now))
        {
            Own = own,
            Line = line,
            Tips = tips,
            Pool = pool,
            Texts = texts,
            Welcomes = welcomes,
        };
        var loaded = new MeshGroup(self, mls, parts);
        loaded._leavesOutRest = true;
        loaded.RememberFoulPlay();
        loaded.Schedule(loaded._clock.At(now));
        loaded.PlanToAsk(loaded._clock.At(now));
        return loaded;
    }

    // A group that is open goes back to the store, and remembers which of its keys were used since.
    private static Group? Reopen(GroupSelf self, MeshGroupId id)
    {
        try
        {
            Group? open = self.Client.FindGroup(id.ToArray());
            open?.Reload();
            return open is { Status: not GroupStatus.Removed } ? open : self.Client.FindGroup(id.ToArray());
        }
        catch (InvalidDataException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool TryReadSetApart(ref FrameReader reader, OwnStanding own)
    {
        if (!reader.TryTake(StateId.Size, out ReadOnlySpan<byte> state) || !reader.TryUInt32(out uint until))
            return false;
        own.SetApart = (new StateId(state), until);
        return true;
    }

    private void RememberFoulPlay()
    {
        foreach (StateNode node in _tree.All.Where(n => n.IsContradicted))
        {
            StateNode? other = _tree.ChildrenOf(node.Parent).FirstOrDefault(n => n != node && n.Author == node.Author);
            if (other is not null && _mls.ContextOf(node.Parent) is { } context)
                _foul[node.AuthorAddress] = new FoulPlay(context, node.Commit, other.Commit);
        }
    }
}
