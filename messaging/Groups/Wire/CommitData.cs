namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  version 1 = 1 | count 1 | size 4, order each
//
/// <summary>What a commit carries in its authenticated data: the orders that it fulfils.</summary>
public sealed class CommitData
{
    /// <summary>Most orders of one commit. Arbitrary.</summary>
    public const int MaxOrders = 32;

    private const byte Version = 1;

    private CommitData(IReadOnlyList<Order> orders) => Orders = orders;

    /// <summary>The orders, in the order in which they hold.</summary>
    public IReadOnlyList<Order> Orders { get; }

    internal static byte[] Write(IReadOnlyList<Order> orders)
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        writer.Byte((byte)orders.Count);
        foreach (Order order in orders)
            writer.Block(order.Encoded.Span);
        return writer.ToArray();
    }

    /// <summary>Reads what a commit carries; nothing of it is verified.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out CommitData data)
    {
        data = null!;
        var reader = new FrameReader(bytes);
        if (!reader.TryByte(out byte version) || version != Version || !reader.TryByte(out byte count)
            || count > MaxOrders)
            return false;
        List<Order> orders = [];
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryBlock(Order.MaxSize, out ReadOnlySpan<byte> block)
                || !Order.TryRead(block, out Order? order))
                return false;
            orders.Add(order);
        }

        data = new CommitData(orders);
        return reader.AtEnd;
    }
}
