namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Which of a neighbour's broadcasts may still come: those after the last that was heard. A modem sends in order, so
/// nothing is lost by that.
/// </summary>
/// <param name="next">Number of the first one, as the neighbour told it.</param>
internal sealed class BroadcastWindow(ushort next)
{
    private uint _next = next;

    /// <summary>The number that 16 bits mean: the nearest to the one expected.</summary>
    internal uint Expand(ushort low) => _next + (uint)(short)(low - (ushort)_next);

    /// <summary>Whether a number has not gone by.</summary>
    internal bool IsNew(uint number) => (int)(number - _next) >= 0;

    /// <summary>Notes a broadcast whose tag is right; false if it has gone by.</summary>
    internal bool TryAccept(uint number)
    {
        if (!IsNew(number))
            return false;
        _next = number + 1;
        return true;
    }
}
