using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// Orders that no state on the way to the tip has fulfilled: at most one about each address. Of two with one
/// predecessor a removal beats all else, then the senior admin's counts.
/// </summary>
internal sealed class OrderPool
{
    /// <summary>Most orders that wait. Arbitrary.</summary>
    internal const int MaxOrders = 64;

    private readonly Dictionary<NodeAddress, OrderWithKeys> _orders = [];

    internal IEnumerable<OrderWithKeys> All => _orders.Values;

    internal bool IsEmpty => _orders.Count == 0;

    /// <summary>Some order here takes somebody out.</summary>
    internal bool HasRemoval => _orders.Values.Any(o => o.Order.Removes);

    /// <summary>Some order here takes this address out.</summary>
    internal bool Removes(in NodeAddress subject) => Find(subject)?.Order.Removes == true;

    internal OrderWithKeys? Find(in NodeAddress subject) =>
        _orders.TryGetValue(subject, out OrderWithKeys found) ? found : null;

    /// <summary>Takes an order that holds in the tip and is authentic.</summary>
    /// <returns>False if another about the same address is better, the same is here, or there is no room.</returns>
    internal bool Offer(in OrderWithKeys offered, OrderTable table)
    {
        Order order = offered.Order;
        if (_orders.TryGetValue(order.Subject, out OrderWithKeys known)
            && (known.Order.Hash == order.Hash || !Beats(order, known.Order, table)))
            return false;
        if (_orders.Count >= MaxOrders && !_orders.ContainsKey(order.Subject))
            return false;
        _orders[order.Subject] = offered;
        return true;
    }

    /// <summary>
    /// The tip moved: drops what does not hold there, because it was fulfilled or something came before it.
    /// </summary>
    internal void Review(OrderTable table)
    {
        foreach (OrderWithKeys order in _orders.Values.Where(o => table.After(o.Order) is null).ToArray())
            _orders.Remove(order.Order.Subject);
    }

    internal void Drop(in NodeAddress subject) => _orders.Remove(subject);

    /// <summary>What the next commit fulfils: removals first, each in the table after the one before it.</summary>
    /// <param name="table">The table that the commit is made on.</param>
    /// <param name="self">The committer, whom it cannot take out.</param>
    /// <param name="suite">The group's suite, which bounds bytes, members and newcomers.</param>
    internal IReadOnlyList<OrderWithKeys> Choose(OrderTable table, in NodeAddress self, CipherSuite suite)
    {
        int newcomers = 0;
        List<OrderWithKeys> chosen = [];
        NodeAddress committer = self;
        int bytes = 0;
        foreach (OrderWithKeys next in _orders.Values
            .Where(o => o.Order.Subject != committer || o.Order.Kind is OrderKind.Promote or OrderKind.Demote)
            .OrderBy(o => table.SeniorityOf(o.Order) ?? (o.Order.Removes ? 64 : 65)).ThenBy(o => o.Order.Subject))
        {
            if (chosen.Count >= CommitData.MaxOrders || bytes + next.Size > GroupSuites.MaxOrderBytes(suite)
                || table.After(next.Order) is not { } after)
                continue;
            bool isNew = next.Order.Kind is OrderKind.Add or OrderKind.Rejoin;
            if (isNew && (newcomers >= GroupSuites.MaxNewcomers(suite) || !GroupSuites.Allows(suite, after)))
                continue;
            newcomers += isNew ? 1 : 0;
            table = after;
            bytes += next.Size;
            chosen.Add(next);
        }

        return chosen;
    }

    private static bool Beats(Order order, Order known, OrderTable table)
    {
        if (order.Removes != known.Removes)
            return order.Removes;
        int mine = table.SeniorityOf(order) ?? RankOfSigner(order, table);
        int theirs = table.SeniorityOf(known) ?? RankOfSigner(known, table);
        return mine != theirs ? mine < theirs : order.Hash.High < known.Hash.High;
    }

    private static int RankOfSigner(Order order, OrderTable table) =>
        table.Admins.IndexOf(order.Signer) is >= 0 and int rank ? 1 + rank : OrderTable.MaxAdmins + 1;
}
