using QuicProChat.Mesh.Messaging.Groups.Twins;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

// The main value, which no text changes:
//
//  version 1 = 3 | group 16 | own standing | root | nodes | line | tips | orders | Welcomes
//
// Pieces beside it, by name:
//
//  own            version 1 = 1 | running time 8 | keys set apart: state 32, until 4 | messages since healing 4
//  text-ID        a text that is under way
//  mls-NAME       a value of the MLS library
//  twin-STATE...  the compact twin of a state (Twins/TwinTable.cs)
//
/// <content>All of a group as bytes. They are secret: they hold the keys of its states, and texts.</content>
internal sealed partial class MeshGroup
{
    private const byte Version = 3;
    private const byte OwnVersion = 1;
    private const string OwnPiece = "own";
    private const string TextPiece = "text-";
    private const string MlsPiece = "mls-";

    /// <summary>What the library calls the ratchets of a member, which a text moves.</summary>
    private const string MlsRatchets = "ratchet-";

    /// <summary>How much running time may be forgotten when a process is killed.</summary>
    private static readonly TimeSpan ClockKept = TimeSpan.FromSeconds(1);

    /// <summary>The running time and the keys set apart as they were saved last.</summary>
    private (TimeSpan Ran, StateId State, uint Until) _saved;

    /// <summary>It was read in a format of before: all of it has to be written.</summary>
    internal bool IsOfOldFormat { get; private init; }

    /// <summary>What the store keeps beside pieces. Secret.</summary>
    internal byte[] Save()
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        Id.Write(writer.Take(MeshGroupId.Size));
        GroupRecords.WriteOwn(writer, _own);
        GroupRecords.WriteRoot(writer, _tree.Root);
        StateNode[] nodes = [.. _tree.DescendantsOf(_tree.Root)];
        writer.UInt32((uint)nodes.Length);
        foreach (StateNode node in nodes)
            GroupRecords.WriteNode(writer, node);
        _tree.Tip.Id.Write(writer.Take(StateId.Size));
        GroupRecords.WriteLine(writer, _line);
        GroupRecords.WriteTips(writer, _tips);
        GroupRecords.WritePool(writer, _pool);
        GroupRecords.WriteWelcomes(writer, _welcomes);
        return writer.ToArray();
    }

    /// <summary>Names the pieces that changed since this was called last, or all.</summary>
    /// <param name="now">When.</param>
    /// <param name="withMain">What <see cref="Save"/> gives is written too.</param>
    /// <param name="all">All of them.</param>
    /// <param name="changes">Receives their values, secret; null: the piece goes.</param>
    /// <returns>Whether what <see cref="Save"/> gives has to be written too.</returns>
    internal bool SavePieces(Instant now, bool withMain, bool all, Dictionary<string, byte[]?> changes)
    {
        _self.Store.TakeChanges(NodeGroupStore.PrefixOf(Id), all, (name, value) =>
        {
            changes[MlsPiece + name] = value;

            // What a text does not change belongs to what is known of states: both are written as one.
            withMain |= !name.StartsWith(MlsRatchets, StringComparison.Ordinal);
        });
        _texts.TakeChanges(
            all, (id, text) => changes[TextPiece + id] = text is null ? null : GroupRecords.WriteText(text));
        _twins.Review(_mls);
        _twins.TakeChanges(all, (name, value) => changes[name] = value);
        (TimeSpan Ran, StateId State, uint Until) own = (_clock.At(now), _own.SetApart.State, _own.SetApart.Until);
        if (withMain || (own.State, own.Until) != (_saved.State, _saved.Until) || own.Ran - _saved.Ran >= ClockKept)
        {
            var writer = new FrameWriter();
            writer.Byte(OwnVersion);
            writer.UInt64((ulong)own.Ran.Ticks);
            own.State.Write(writer.Take(StateId.Size));
            writer.UInt32(own.Until);
            writer.UInt32((uint)_own.MessagesSinceHealing);
            changes[OwnPiece] = writer.ToArray();
            _saved = own;
        }

        return withMain;
    }

    /// <summary>Takes a group back as it was saved; null if the bytes make no sense.</summary>
    /// <param name="self">This node.</param>
    /// <param name="now">When.</param>
    /// <param name="saved">The main value.</param>
    /// <param name="pieces">The pieces beside it.</param>
    internal static MeshGroup? Load(GroupSelf self, Instant now, ReadOnlySpan<byte> saved, StatePieces pieces)
    {
        var reader = new FrameReader(saved);
        if (!reader.TryByte(out byte version))
            return null;
        if (version != Version)
            return LoadOfOldFormat(self, now, version, ref reader);
        if (!reader.TryTake(MeshGroupId.Size, out ReadOnlySpan<byte> id)
            || !GroupRecords.TryReadOwn(ref reader, out OwnStanding own)
            || !GroupRecords.TryReadTree(ref reader, out GroupTree tree)
            || !GroupRecords.TryReadLine(ref reader, out MemberLine line)
            || !GroupRecords.TryReadTips(ref reader, out TipTable tips)
            || !GroupRecords.TryReadPool(ref reader, tree.Tip.Table, out OrderPool pool)
            || !GroupRecords.TryReadWelcomes(ref reader, tree, out HeldWelcomes welcomes) || !reader.AtEnd
            || !TryReadOwnPiece(pieces, own, out TimeSpan ran)
            || !TryReadTexts(pieces, out OutgoingTexts texts) || !TwinTable.TryLoad(pieces, out TwinTable twins))
            return null;
        var group = MeshGroupId.Read(id);
        self.Store.Load(
            NodeGroupStore.PrefixOf(group),
            pieces.All.Where(static p => p.Name.StartsWith(MlsPiece, StringComparison.Ordinal))
                .Select(static p => (p.Name[MlsPiece.Length..], p.Value)));
        var parts = new GroupParts(tree, new RunningClock(ran, now))
        {
            Own = own,
            Line = line,
            Tips = tips,
            Pool = pool,
            Texts = texts,
            Twins = twins,
            Welcomes = welcomes,
        };
        return Loaded(self, now, group, parts, isOfOldFormat: false);
    }

    private static MeshGroup? Loaded(
        GroupSelf self, Instant now, MeshGroupId group, GroupParts parts, bool isOfOldFormat)
    {
        Group? mls = Reopen(self, group);
        if (mls is null || (mls.Tip.Id != parts.Tree.Tip.Id && mls.Status == GroupStatus.Active))
            return null;
        TimeSpan at = parts.Clock.At(now);
        var loaded = new MeshGroup(self, mls, parts)
        {
            IsOfOldFormat = isOfOldFormat,
            _leavesOutRest = true,
            _saved = (at, parts.Own.SetApart.State, parts.Own.SetApart.Until),
        };
        loaded.RememberFoulPlay();
        loaded.Schedule(at);
        loaded.PlanToAsk(at);

        // A text under way may have planned that since the main value was written.
        if (parts.Texts.All.Count > 0)
            loaded.PlanProbe(at);
        return loaded;
    }

    private static bool TryReadOwnPiece(StatePieces pieces, OwnStanding own, out TimeSpan ran)
    {
        ran = TimeSpan.Zero;
        if (pieces.Find(OwnPiece) is not { } piece)
            return false;
        var reader = new FrameReader(piece.Span);
        if (!reader.TryByte(out byte version) || version != OwnVersion || !GroupRecords.TryTime(ref reader, out ran)
            || !TryReadSetApart(ref reader, own) || !reader.TryUInt32(out uint messages) || !reader.AtEnd)
            return false;
        own.MessagesSinceHealing = (int)Math.Min(messages, int.MaxValue);
        return true;
    }

    private static bool TryReadTexts(StatePieces pieces, out OutgoingTexts texts)
    {
        texts = new OutgoingTexts();
        List<OutgoingText> read = [];
        foreach ((string name, ReadOnlyMemory<byte> value) in pieces.All)
        {
            if (!name.StartsWith(TextPiece, StringComparison.Ordinal))
                continue;
            var reader = new FrameReader(value.Span);
            if (read.Count == OutgoingTexts.MaxTexts || !GroupRecords.TryReadText(ref reader, out OutgoingText text)
                || !reader.AtEnd)
                return false;
            text.IsChanged = false;
            read.Add(text);
        }

        foreach (OutgoingText text in read.OrderBy(static t => t.SentAt).ThenBy(static t => t.First.Number))
            texts.Add(text);
        return true;
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
