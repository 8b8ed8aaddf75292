namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>Which of a neighbour's frames arrived: all before one number, and some of the 16 after it.</summary>
internal sealed class ReceiveWindow
{
    private uint _beyond;

    /// <summary>All before this number arrived; this one did not.</summary>
    internal uint Expected { get; private set; }

    /// <summary>Bit i: number <see cref="Expected"/> + 1 + i arrived.</summary>
    internal ushort Beyond => (ushort)(_beyond >> 1);

    /// <summary>The number that five bits mean: within 16 of the one expected.</summary>
    internal uint Expand(byte sequence)
    {
        int ahead = (sequence - (int)Expected) & RadioFrame.SequenceMask;
        return ahead < SentFrames.Size ? Expected + (uint)ahead : Expected
            - (uint)(RadioFrame.SequenceMask + 1 - ahead);
    }

    /// <summary>Notes a frame; false if it arrived before.</summary>
    internal bool TryAccept(uint counter)
    {
        int ahead = (int)(counter - Expected);
        if (ahead < 0 || ahead >= SentFrames.Size || (_beyond >> ahead & 1) != 0)
            return false;
        _beyond |= 1u << ahead;
        while ((_beyond & 1) != 0)
        {
            _beyond >>= 1;
            Expected++;
        }
        return true;
    }
}
