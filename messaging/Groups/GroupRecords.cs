using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// The parts of a group as the store keeps them. What was written here is read here; all of it is bounded.
/// </summary>
internal static partial class GroupRecords
{
    private const int MaxBlock = 8 << 20;

    internal static void WriteOwn(FrameWriter writer, OwnStanding own)
    {
        writer.Block(Encoding.UTF8.GetBytes(own.Name));
        writer.Byte((byte)own.Status);
        writer.UInt64(own.TipNumber);
        writer.UInt32((uint)own.MessagesSinceHealing);
        writer.UInt64((ulong)own.HealedAt.Ticks);
        writer.Byte(own.WantsHealing ? (byte)1 : (byte)0);
        writer.Block(own.KeyPackage.Span);
        own.JoinedIn.Write(writer.Take(StateId.Size));
        var rejoin = new FrameWriter();
        own.Rejoin?.Write(rejoin);
        writer.Block(rejoin.ToArray());
        writer.UInt64((ulong)own.RejoinAt.Ticks);
        writer.UInt64((ulong)own.IdleAt.Ticks);
    }

    internal static bool TryReadOwn(ref FrameReader reader, out OwnStanding own)
    {
        own = null!;
        if (!reader.TryBlock(ushort.MaxValue, out ReadOnlySpan<byte> name) || !reader.TryByte(out byte status)
            || status is < (byte)MembershipStatus.Joining or > (byte)MembershipStatus.Out
            || !reader.TryUInt64(out ulong number) || !reader.TryUInt32(out uint messages)
            || !TryTime(ref reader, out TimeSpan healed) || !reader.TryByte(out byte heals)
            || !reader.TryBlock(Digest.Size * 2, out ReadOnlySpan<byte> keyPackage)
            || !reader.TryTake(StateId.Size, out ReadOnlySpan<byte> joined)
            || !reader.TryBlock(ushort.MaxValue, out ReadOnlySpan<byte> rejoinBytes)
            || !TryTime(ref reader, out TimeSpan rejoinAt) || !TryTime(ref reader, out TimeSpan idleAt))
            return false;
        OrderWithKeys? rejoin = null;
        if (!rejoinBytes.IsEmpty)
        {
            var inner = new FrameReader(rejoinBytes);
            if (!OrderWithKeys.TryRead(ref inner, out OrderWithKeys read))
                return false;
            rejoin = read;
        }

        own = new OwnStanding
        {
            Name = Encoding.UTF8.GetString(name),
            Status = (MembershipStatus)status,
            TipNumber = number,
            MessagesSinceHealing = (int)Math.Min(messages, int.MaxValue),
            HealedAt = healed,
            WantsHealing = heals == 1,
            KeyPackage = keyPackage.ToArray(),
            JoinedIn = new StateId(joined),
            Rejoin = rejoin,
            RejoinAt = rejoinAt,
            IdleAt = idleAt,
        };
        return true;
    }

    //  id 32, epoch 8, author 4, author's address 16, rank 4, since 8, table
    internal static void WriteRoot(FrameWriter writer, StateNode root)
    {
        root.Id.Write(writer.Take(StateId.Size));
        writer.UInt64(root.Epoch);
        writer.UInt32(root.Author);
        root.AuthorAddress.Write(writer.Take(NodeAddress.Size));
        root.Rank.Write(writer);
        writer.UInt64((ulong)root.Since.Ticks);
        root.Table.Write(writer);
    }

    // id 32, parent 32, author 4, author's address 16, rank 4, flags 1, since 8, commit; orders and table follow from
    // it
    internal static void WriteNode(FrameWriter writer, StateNode node)
    {
        node.Id.Write(writer.Take(StateId.Size));
        node.Parent.Write(writer.Take(StateId.Size));
        writer.UInt32(node.Author);
        node.AuthorAddress.Write(writer.Take(NodeAddress.Size));
        node.Rank.Write(writer);
        writer.Byte((byte)((node.RemovesSelf ? 1 : 0) | (node.IsContradicted ? 2 : 0) | (node.IsFinal ? 4 : 0)
            | (node.CannotFollow ? 8 : 0)));
        writer.UInt64((ulong)node.Since.Ticks);
        writer.Block(node.Commit.Span);
    }

    internal static bool TryReadTree(ref FrameReader reader, out GroupTree tree)
    {
        tree = null!;
        if (!TryReadRoot(ref reader, out StateNode root) || !reader.TryUInt32(out uint count)
            || count > GroupTree.MostNodes)
            return false;
        tree = new GroupTree(root);
        for (uint i = 0; i < count; i++)
        {
            if (!TryReadNode(ref reader, tree, out StateNode node))
                return false;
            tree.Add(node);
        }

        if (!reader.TryTake(StateId.Size, out ReadOnlySpan<byte> tip) || tree.Find(new StateId(tip)) is not { } found)
            return false;
        tree.Tip = found;
        return true;
    }

    private static bool TryReadRoot(ref FrameReader reader, out StateNode root)
    {
        root = null!;
        if (!reader.TryTake(StateId.Size, out ReadOnlySpan<byte> id) || !reader.TryUInt64(out ulong epoch)
            || !reader.TryUInt32(out uint author) || !reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> address)
            || !CommitRank.TryRead(ref reader, out CommitRank rank) || !TryTime(ref reader, out TimeSpan since)
            || !OrderTable.TryRead(ref reader, out OrderTable table))
            return false;
        root = new StateNode
        {
            Id = new StateId(id),
            Parent = new StateId(id),
            Epoch = epoch,
            Author = author,
            AuthorAddress = NodeAddress.Read(address),
            Rank = rank,
            Table = table,
            Since = since,
        };
        return true;
    }

    private static bool TryReadNode(ref FrameReader reader, GroupTree tree, out StateNode node)
    {
        node = null!;
        if (!reader.TryTake(StateId.Size, out ReadOnlySpan<byte> id)
            || !reader.TryTake(StateId.Size, out ReadOnlySpan<byte> parentId) || !reader.TryUInt32(out uint author)
            || !reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> address)
            || !CommitRank.TryRead(ref reader, out CommitRank rank) || !reader.TryByte(out byte flags)
            || !TryTime(ref reader, out TimeSpan since)
            || !reader.TryBlock(CommitBundle.MaxCommit, out ReadOnlySpan<byte> commit)
            || tree.Find(new StateId(parentId)) is not { } parent
            || !UnverifiedMessage.Parse(commit).TryGet(out UnverifiedMessage? message)
            || CommitEvidence.Of(message) is not { } evidence
            || !CommitData.TryRead(evidence.AuthenticatedData.Span, out CommitData data))
            return false;
        OrderTable? table = parent.Table;
        foreach (Order order in data.Orders)
            table = table?.After(order);
        if (table is null || !HasKeysOfNewcomers(data.Orders, evidence))
            return false;
        node = new StateNode
        {
            Id = new StateId(id),
            Parent = parent.Id,
            Epoch = parent.Epoch + 1,
            Author = author,
            AuthorAddress = NodeAddress.Read(address),
            Rank = rank,
            Table = table,
            Commit = commit.ToArray(),
            Orders = data.Orders,
            RemovesSelf = (flags & 1) != 0,
            IsContradicted = (flags & 2) != 0,
            IsFinal = (flags & 4) != 0,
            CannotFollow = (flags & 8) != 0,
            Since = since,
        };
        return true;
    }

    // What a commit is read back for: if it loses, its orders go to whoever is next, with these KeyPackages.
    private static bool HasKeysOfNewcomers(IReadOnlyList<Order> orders, CommitEvidence evidence)
    {
        HashSet<NodeAddress> added = [.. evidence.Added.Select(k => AddressCredential.AddressOf(k.Leaf))];
        return orders.All(o => o.Kind is not (OrderKind.Add or OrderKind.Rejoin) || added.Contains(o.Subject));
    }

    internal static void WriteLine(FrameWriter writer, MemberLine line)
    {
        writer.UInt32((uint)line.Places.Count);
        foreach (MemberLine.Place place in line.Places)
        {
            place.Entry.Write(writer);
            WriteAddresses(writer, place.Joined);
            WriteAddresses(writer, place.Left);
        }
    }

    internal static bool TryReadLine(ref FrameReader reader, out MemberLine line)
    {
        line = new MemberLine();
        if (!reader.TryUInt32(out uint count) || count > MemberLine.MaxEpochs)
            return false;
        for (uint i = 0; i < count; i++)
        {
            if (!LineEntry.TryRead(ref reader, out LineEntry entry)
                || !TryReadAddresses(ref reader, out NodeAddress[] joined)
                || !TryReadAddresses(ref reader, out NodeAddress[] left))
                return false;
            line.Add(new MemberLine.Place(entry, joined, left));
        }

        return true;
    }

    internal static void WriteTips(FrameWriter writer, TipTable tips)
    {
        SignedTip[] signed = [.. tips.Signed];
        writer.UInt32((uint)signed.Length);
        foreach (SignedTip tip in signed)
            tip.Write(writer);
        KeyValuePair<NodeAddress, StateId>[] seen = [.. tips.Seen];
        writer.UInt32((uint)seen.Length);
        foreach ((NodeAddress member, StateId state) in seen)
        {
            member.Write(writer.Take(NodeAddress.Size));
            state.Write(writer.Take(StateId.Size));
        }
    }

    internal static bool TryReadTips(ref FrameReader reader, out TipTable tips)
    {
        tips = new TipTable();
        if (!reader.TryUInt32(out uint count))
            return false;
        for (uint i = 0; i < count; i++)
        {
            if (!SignedTip.TryRead(ref reader, out SignedTip tip))
                return false;
            tips.Note(tip);
        }

        if (!reader.TryUInt32(out uint seen))
            return false;
        for (uint i = 0; i < seen; i++)
        {
            if (!reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> member)
                || !reader.TryTake(StateId.Size, out ReadOnlySpan<byte> state))
                return false;
            tips.Saw(NodeAddress.Read(member), new StateId(state));
        }

        return true;
    }

    internal static void WritePool(FrameWriter writer, OrderPool pool)
    {
        OrderWithKeys[] orders = [.. pool.All];
        writer.UInt32((uint)orders.Length);
        foreach (OrderWithKeys order in orders)
            order.Write(writer);
    }

    internal static bool TryReadPool(ref FrameReader reader, OrderTable table, out OrderPool pool)
    {
        pool = new OrderPool();
        if (!reader.TryUInt32(out uint count) || count > OrderPool.MaxOrders)
            return false;
        for (uint i = 0; i < count; i++)
        {
            if (!OrderWithKeys.TryRead(ref reader, out OrderWithKeys order))
                return false;
            pool.Offer(order, table);
        }

        return true;
    }

    private static void WriteAddresses(FrameWriter writer, IReadOnlyList<NodeAddress> addresses)
    {
        writer.UInt16((ushort)addresses.Count);
        foreach (NodeAddress address in addresses)
            address.Write(writer.Take(NodeAddress.Size));
    }

    private static bool TryReadAddresses(ref FrameReader reader, out NodeAddress[] addresses)
    {
        addresses = [];
        if (!reader.TryUInt16(out ushort count) || count > OrderTable.MaxMembers)
            return false;
        addresses = new NodeAddress[count];
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> address))
                return false;
            addresses[i] = NodeAddress.Read(address);
        }

        return true;
    }

    internal static bool TryTime(ref FrameReader reader, out TimeSpan time)
    {
        bool ok = reader.TryUInt64(out ulong ticks) && ticks <= long.MaxValue;
        time = ok ? new TimeSpan((long)ticks) : TimeSpan.Zero;
        return ok;
    }
}
