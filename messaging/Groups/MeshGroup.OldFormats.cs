using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

// version 1 = 2 | group 16 | running time 8 | own standing | keys set apart: state 32, until 4 | root | nodes | line
// | tips | orders | texts | Welcomes | MLS
//
// Version 1 had no keys that were set apart.
//
/// <content>Groups as versions of the program wrote them that knew no pieces: one value with all of it.</content>
internal sealed partial class MeshGroup
{
    private const byte WholeVersion = 2;
    private const byte WholeVersionBefore = 1;

    private static MeshGroup? LoadOfOldFormat(GroupSelf self, Instant now, byte version, ref FrameReader reader)
    {
        if (version is not (WholeVersion or WholeVersionBefore)
            || !reader.TryTake(MeshGroupId.Size, out ReadOnlySpan<byte> id)
            || !GroupRecords.TryTime(ref reader, out TimeSpan ran)
            || !GroupRecords.TryReadOwn(ref reader, out OwnStanding own)
            || (version == WholeVersion && !TryReadSetApart(ref reader, own))
            || !GroupRecords.TryReadTree(ref reader, out GroupTree tree)
            || !GroupRecords.TryReadLine(ref reader, out MemberLine line)
            || !GroupRecords.TryReadTips(ref reader, out TipTable tips)
            || !GroupRecords.TryReadPool(ref reader, tree.Tip.Table, out OrderPool pool)
            || !GroupRecords.TryReadWholeTexts(ref reader, out OutgoingTexts texts)
            || !GroupRecords.TryReadWelcomes(ref reader, tree, out HeldWelcomes welcomes))
            return null;
        var group = MeshGroupId.Read(id);
        if (!self.Store.TryLoad(NodeGroupStore.PrefixOf(group), ref reader) || !reader.AtEnd)
            return null;
        var parts = new GroupParts(tree, new RunningClock(ran, now))
        {
            Own = own,
            Line = line,
            Tips = tips,
            Pool = pool,
            Texts = texts,
            Welcomes = welcomes,
        };
        return Loaded(self, now, group, parts, isOfOldFormat: true);
    }
}
