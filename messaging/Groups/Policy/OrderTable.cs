using System.Collections.Immutable;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Policy;

// admin count 1 | admins 16 each, the senior first | count 2 | address 16, last order's kind 1, last order's hash 32
// each
//
/// <summary>
/// Who is in a group by its orders: the last order about each address that there ever was one about, and the admins,
/// the founder first. Immutable; each state of a group has one, and its group context has its hash.
/// </summary>
public sealed class OrderTable
{
    /// <summary>
    /// Most admins. Arbitrary; they are in the group context, so that each costs 16 bytes in commits about them.
    /// </summary>
    public const int MaxAdmins = 16;

    /// <summary>Most members (docs/reference/groups.md).</summary>
    public const int MaxMembers = 250;

    /// <summary>
    /// Most addresses, those that left included: what they did must not be done again. Arbitrary; when it is full
    /// nobody new joins any more.
    /// </summary>
    public const int MaxAddresses = 1024;

    private const int EntrySize = NodeAddress.Size + 1 + Digest.Size;

    private readonly ImmutableSortedDictionary<NodeAddress, Entry> _entries;

    private OrderTable(ImmutableSortedDictionary<NodeAddress, Entry> entries, ImmutableArray<NodeAddress> admins)
    {
        _entries = entries;
        Admins = admins;
    }

    private readonly record struct Entry(OrderKind Kind, Digest Order)
    {
        internal bool IsMember => Kind is not (OrderKind.Remove or OrderKind.Leave or OrderKind.Proof);
    }

    /// <summary>Bytes that <see cref="Write"/> writes at most.</summary>
    public static int MaxSize => 1 + (MaxAdmins * NodeAddress.Size) + sizeof(ushort) + (MaxAddresses * EntrySize);

    /// <summary>The admins, the senior first.</summary>
    public ImmutableArray<NodeAddress> Admins { get; }

    /// <summary>Who is in the group, in the order of addresses.</summary>
    public IEnumerable<NodeAddress> Members => _entries.Where(e => e.Value.IsMember).Select(e => e.Key);

    /// <summary>All that there was an order about, and the founder.</summary>
    internal IEnumerable<NodeAddress> Addresses => _entries.Keys;

    /// <summary>Whether there was an order about an address, or it is the founder's.</summary>
    internal bool Knows(NodeAddress address) => _entries.ContainsKey(address);

    /// <summary>How many addresses there was an order about, the founder's included.</summary>
    internal int AddressCount => _entries.Count;

    /// <summary>How many are.</summary>
    public int MemberCount => _entries.Count(e => e.Value.IsMember);

    /// <summary>The table of a group of one.</summary>
    public static OrderTable Founded(in NodeAddress founder) => new(
        ImmutableSortedDictionary<NodeAddress, Entry>.Empty.Add(founder, new Entry(OrderKind.Add, default)), [founder]);

    /// <summary>Whether an address is in the group.</summary>
    public bool IsMember(in NodeAddress address) => _entries.TryGetValue(address, out Entry entry) && entry.IsMember;

    /// <summary>Whether an address is out because it asked for that.</summary>
    public bool HasLeft(in NodeAddress address) => _entries.TryGetValue(address, out Entry entry)
        && entry.Kind == OrderKind.Leave;

    /// <summary>Whether a member is an admin.</summary>
    public bool IsAdmin(in NodeAddress address) => Admins.Contains(address);

    /// <summary>The last order about an address; none if there never was one.</summary>
    public Digest LastOrder(in NodeAddress address) => _entries.GetValueOrDefault(address).Order;

    /// <summary>
    /// The seniority of whoever stands behind a removal or a demotion: 0 a proof, 1 the first admin and so on, and
    /// after all of them whoever is no admin here, but becomes one by an order beside it; one that leaves counts as
    /// nobody.
    /// </summary>
    public int? SeniorityOf(Order order) => order.Kind switch
    {
        OrderKind.Proof => 0,
        OrderKind.Remove or OrderKind.Demote =>
            1 + (Admins.IndexOf(order.Signer) is >= 0 and int place ? place : MaxAdmins),
        OrderKind.Add or OrderKind.Promote or OrderKind.Leave or OrderKind.Rejoin => null,
        _ => null,
    };

    /// <summary>
    /// The table after an order; null if the order does not hold here. Its signature is not looked at.
    /// </summary>
    public OrderTable? After(Order order)
    {
        NodeAddress subject = order.Subject;
        bool isMember = IsMember(subject);
        if (order.Predecessor != LastOrder(subject) || !MayOrder(order) || isMember == (order.Kind == OrderKind.Add))
            return null;
        if (order.Kind == OrderKind.Add
            && (MemberCount >= MaxMembers || (!_entries.ContainsKey(subject) && _entries.Count >= MaxAddresses)))
            return null;
        if (order.Kind == OrderKind.Promote ? IsAdmin(subject) || Admins.Length >= MaxAdmins
            : order.Kind == OrderKind.Demote && (!IsAdmin(subject) || Admins.Length == 1))
            return null;
        ImmutableSortedDictionary<NodeAddress, Entry> entries =
            _entries.SetItem(subject, new Entry(order.Kind, order.Hash));
        ImmutableArray<NodeAddress> admins = order.Kind == OrderKind.Promote ? Admins.Add(subject)
            : order.Removes || order.Kind == OrderKind.Demote ? Admins.Remove(subject) : Admins;
        if (admins.IsEmpty && entries.FirstOrDefault(e => e.Value.IsMember) is { Key: var heir, Value.Kind: not 0 })
        {
            // A group without an admin could never take anybody in or put anybody out again.
            admins = [heir];
        }

        return new OrderTable(entries, admins);
    }

    /// <summary>The name of all that it says but the admins.</summary>
    public Digest Hash()
    {
        var writer = new FrameWriter();
        writer.Raw("qpc-mesh/1 group order table"u8);
        WriteEntries(writer);
        return Digest.Of(writer.ToArray());
    }

    internal void Write(FrameWriter writer)
    {
        writer.Byte((byte)Admins.Length);
        foreach (NodeAddress admin in Admins)
            admin.Write(writer.Take(NodeAddress.Size));
        WriteEntries(writer);
    }

    internal static bool TryRead(ref FrameReader reader, out OrderTable table)
    {
        table = null!;
        if (!reader.TryByte(out byte adminCount) || adminCount > MaxAdmins
            || !reader.TryTake(adminCount * NodeAddress.Size, out ReadOnlySpan<byte> admins)
            || !reader.TryUInt16(out ushort count) || count > MaxAddresses
            || !reader.TryTake(count * EntrySize, out ReadOnlySpan<byte> entries))
            return false;
        ImmutableSortedDictionary<NodeAddress, Entry>.Builder read =
            ImmutableSortedDictionary.CreateBuilder<NodeAddress, Entry>();
        for (; !entries.IsEmpty; entries = entries[EntrySize..])
        {
            byte kind = entries[NodeAddress.Size];
            var address = NodeAddress.Read(entries);
            if (kind is < (byte)OrderKind.Add or > (byte)OrderKind.Proof || read.ContainsKey(address))
                return false;
            read.Add(address, new Entry((OrderKind)kind, Digest.Read(entries[(NodeAddress.Size + 1)..])));
        }

        ImmutableArray<NodeAddress>.Builder list = ImmutableArray.CreateBuilder<NodeAddress>(adminCount);
        for (; !admins.IsEmpty; admins = admins[NodeAddress.Size..])
        {
            var admin = NodeAddress.Read(admins);
            if (!read.TryGetValue(admin, out Entry entry) || !entry.IsMember || list.Contains(admin))
                return false;
            list.Add(admin);
        }

        table = new OrderTable(read.ToImmutable(), list.ToImmutable());
        return true;
    }

    private bool MayOrder(Order order) => order.Kind switch
    {
        OrderKind.Add or OrderKind.Promote or OrderKind.Demote => IsAdmin(order.Signer),
        OrderKind.Remove => IsAdmin(order.Signer) && order.Signer != order.Subject,
        OrderKind.Leave or OrderKind.Rejoin or OrderKind.Proof => order.Signer == order.Subject,
        _ => false,
    };

    private void WriteEntries(FrameWriter writer)
    {
        writer.UInt16((ushort)_entries.Count);
        foreach ((NodeAddress address, Entry entry) in _entries)
        {
            address.Write(writer.Take(NodeAddress.Size));
            writer.Byte((byte)entry.Kind);
            entry.Order.Write(writer.Take(Digest.Size));
        }
    }
}
