namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  count 1 | size 4, order, size 4, KeyPackage (empty where none is needed) each
//
/// <summary>
/// Orders for whoever is next to commit them, those that take somebody in with the KeyPackage for it.
/// </summary>
internal sealed record OrdersBody(IReadOnlyList<OrderWithKeys> Orders)
{
    /// <summary>Most orders in one frame. Arbitrary.</summary>
    internal const int MaxOrders = 16;

    internal void Write(FrameWriter writer)
    {
        writer.Byte((byte)Orders.Count);
        foreach (OrderWithKeys order in Orders)
            order.Write(writer);
    }

    internal static bool TryRead(ref FrameReader reader, out OrdersBody body)
    {
        body = null!;
        if (!reader.TryByte(out byte count) || count > MaxOrders)
            return false;
        List<OrderWithKeys> orders = [];
        for (int i = 0; i < count; i++)
        {
            if (!OrderWithKeys.TryRead(ref reader, out OrderWithKeys order))
                return false;
            orders.Add(order);
        }

        body = new OrdersBody(orders);
        return reader.AtEnd;
    }
}

/// <summary>An order, and what is needed to fulfil it.</summary>
/// <param name="Order">The order.</param>
/// <param name="KeyPackage">An MLSMessage with the KeyPackage of whom it takes in; else empty.</param>
internal readonly record struct OrderWithKeys(Order Order, ReadOnlyMemory<byte> KeyPackage)
{
    /// <summary>Largest KeyPackage in bytes; ours have about 350.</summary>
    internal const int MaxKeyPackage = 4096;

    /// <summary>Bytes of both.</summary>
    internal int Size => Order.Encoded.Length + KeyPackage.Length;

    internal void Write(FrameWriter writer)
    {
        writer.Block(Order.Encoded.Span);
        writer.Block(KeyPackage.Span);
    }

    internal static bool TryRead(ref FrameReader reader, out OrderWithKeys value)
    {
        value = default;
        if (!reader.TryBlock(Order.MaxSize, out ReadOnlySpan<byte> bytes) || !Order.TryRead(bytes, out Order? order)
            || !reader.TryBlock(MaxKeyPackage, out ReadOnlySpan<byte> keyPackage))
            return false;
        value = new OrderWithKeys(order, keyPackage.ToArray());
        return true;
    }
}
