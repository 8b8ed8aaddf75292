using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// How much may be unacknowledged on a link, in envelopes and bytes, and how long an acknowledgement takes. Grows with
/// each acknowledgement while it is what limits, halves when the neighbour says "too fast" or falls silent.
/// The retransmission time follows RFC 6298 (sections 2 and 3).
/// </summary>
internal struct SendWindow
{
    private const int InitialReliable = 64;
    private const int WidePaced = 512;
    private const int InitialLossy = 4;
    private const int Smallest = 1;
    private const int BytesPerEnvelope = 1024;
    private const int SlowPatience = 16;
    private static readonly TimeSpan SmallestWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LargestWait = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan InitialWait = TimeSpan.FromSeconds(1);

    private readonly int _maxCount;
    private readonly int _maxBytes;
    private readonly long _bitsPerSecond;
    private readonly bool _isSlow;
    private long _smoothed;
    private long _variation;
    private long _lastCut;

    public SendWindow(LinkProperties properties, RouterOptions options)
    {
        _maxCount = options.MaxWindowCount;
        _maxBytes = options.MaxWindowBytes;
        _bitsPerSecond = properties.BitsPerSecond;
        _isSlow = !properties.Reliable && properties.BitsPerSecond > 0;
        Capacity = Math.Min(_maxCount, properties.Reliable ? InitialReliable : InitialLossy);
    }

    /// <summary>Envelopes in flight.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes in flight.</summary>
    public long Bytes { get; private set; }

    /// <summary>Envelopes that may be in flight now.</summary>
    public int Capacity { get; private set; }

    /// <summary>Smoothed time to an acknowledgement; zero before the first.</summary>
    public readonly TimeSpan RoundTrip => new(_smoothed);

    /// <summary>True if another envelope may go out. One always may when nothing is in flight.</summary>
    public readonly bool HasRoom(int size) => HasRoom(size, default);

    /// <summary>The same while others are on their way from the disk to it.</summary>
    public readonly bool HasRoom(int size, in Tally loading)
    {
        int count = Count + loading.Count;
        return count == 0 || (count < Capacity
            && Bytes + loading.Bytes + size
            <= Math.Min(_maxBytes, Math.Max((long)Capacity * BytesPerEnvelope, 2L * size)));
    }

    /// <summary>On a link that is written to seldom much goes at once.</summary>
    public void Widen() => Capacity = Math.Max(Capacity, Math.Min(_maxCount, WidePaced));

    public void Sent(int size)
    {
        Count++;
        Bytes += size;
    }

    public void Gone(int size)
    {
        Count--;
        Bytes -= size;
    }

    /// <summary>
    /// An acknowledgement came; a sample only if its frame was sent once (Karn's rule, RFC 6298 section 3).
    /// </summary>
    public void Acknowledged(TimeSpan took, bool sentOnce)
    {
        if (Count + 1 >= Capacity - Capacity / 4 && Capacity < _maxCount)
            Capacity++;
        if (!sentOnce)
            return;
        if (_smoothed == 0)
        {
            _smoothed = Math.Max(1, took.Ticks);
            _variation = took.Ticks / 2;
            return;
        }

        _variation += (Math.Abs(_smoothed - took.Ticks) - _variation) / 4;
        _smoothed = Math.Max(1, _smoothed + (took.Ticks - _smoothed) / 8);
    }

    /// <summary>Too much was under way; once for each round trip at most.</summary>
    public void Cut(Instant now)
    {
        if (now.Ticks - _lastCut < _smoothed && _lastCut != 0)
            return;
        _lastCut = now.Ticks;
        Capacity = Math.Max(Smallest, Capacity / 2);
    }

    /// <summary>How long to wait for the acknowledgement of a frame that was repeated so many times before.</summary>
    public readonly TimeSpan Patience(int size, int repeats)
    {
        long onAir = _bitsPerSecond > 0 ? (Bytes + size) * 8 * TimeSpan.TicksPerSecond / _bitsPerSecond : 0;
        long wait = _smoothed == 0 ? InitialWait.Ticks + 2 * onAir : Math.Max(_smoothed + 4 * _variation, 2 * onAir);
        // Such a medium repeats by itself, after waits that grow: what is late is mostly not lost.
        wait = Math.Max(wait, _isSlow ? SlowPatience * onAir : SmallestWait.Ticks);
        return new TimeSpan(Math.Min(wait << Math.Min(repeats, 8), LargestWait.Ticks));
    }
}
