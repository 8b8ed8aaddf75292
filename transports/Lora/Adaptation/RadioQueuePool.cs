namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// Bytes that the queues of all neighbours of a radio share. A queue may hold as much as is free for others: one alone
/// fills half, several come to equal parts, and a newcomer finds some (the dynamic threshold of Choudhury and Hahne,
/// 1998). Emergencies may take what is left. For any thread.
/// </summary>
/// <param name="total">Bytes in all.</param>
internal sealed class RadioQueuePool(int total = RadioQueuePool.UsualBytes)
{
    /// <summary>Arbitrary: minutes of what the fastest radio sends, and little beside what routes may take.</summary>
    internal const int UsualBytes = 512 << 10;

    /// <summary>Bytes of a waiting frame beside its own: the objects around it, rounded up.</summary>
    private const int Overhead = 160;

    /// <summary>
    /// What has to be given back before those who were refused are told: else they ask again and again for nothing.
    /// </summary>
    private const int WorthTelling = 4 << 10;

    private readonly Lock _guard = new();
    private int _used;
    private int? _untilTold;

    /// <summary>Bytes that are taken.</summary>
    internal int Used
    {
        get
        {
            lock (_guard)
                return _used;
        }
    }

    /// <summary>Bytes that a frame takes. One that goes out in pieces is there twice meanwhile.</summary>
    internal static int CostOf(int length) => Overhead + (length > RadioItem.MaxContent ? 2 * length : length);

    /// <summary>Takes bytes for a queue.</summary>
    /// <param name="held">What it holds already.</param>
    /// <param name="cost">What it wants.</param>
    /// <param name="urgent">It may take the share of others.</param>
    internal bool TryTake(int held, int cost, bool urgent)
    {
        lock (_guard)
        {
            int free = total - _used - cost;
            if (free < (urgent ? 0 : held))
            {
                _untilTold ??= WorthTelling;
                return false;
            }

            _used += cost;
            return true;
        }
    }

    /// <summary>Gives bytes back.</summary>
    internal void Return(int bytes)
    {
        lock (_guard)
        {
            _used -= bytes;
            _untilTold -= bytes;
        }
    }

    /// <summary>True once after something was refused and some room has come since.</summary>
    internal bool HasRoomAgain()
    {
        lock (_guard)
        {
            // Where all is free again nothing more will be given back.
            if (_untilTold is null || (_untilTold > 0 && _used > 0))
                return false;
            _untilTold = null;
            return true;
        }
    }
}
