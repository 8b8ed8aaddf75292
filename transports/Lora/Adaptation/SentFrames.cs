using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>A numbered frame until it is acknowledged.</summary>
internal sealed class SentFrame(uint counter, byte[] body, FrameClass frameClass)
{
    /// <summary>Its whole number.</summary>
    internal uint Counter { get; } = counter;

    /// <summary>What it carries; emptied when it is given up, because its number still has to arrive.</summary>
    internal byte[] Body { get; set; } = body;

    /// <summary>The most urgent class of what it carries.</summary>
    internal FrameClass Class { get; } = frameClass;

    /// <summary>Addresses that it names in full.</summary>
    internal List<NodeAddress> Named { get; } = [];

    /// <summary>From when on nothing in it is of use to anybody; MaxValue: always.</summary>
    internal TimeSpan Over { get; set; } = TimeSpan.MinValue;

    /// <summary>Names of the envelopes that it carries, whole or in part.</summary>
    internal List<ulong> Envelopes { get; } = [];

    /// <summary>Numbers of the route updates that it carries, whole or in part.</summary>
    internal List<ushort> Updates { get; } = [];

    /// <summary>When it was first sent.</summary>
    internal TimeSpan FirstSent { get; set; }

    /// <summary>How often it was sent.</summary>
    internal int Tries { get; set; }

    /// <summary>How often an acknowledgement showed that it was missing.</summary>
    internal int Missed { get; set; }

    /// <summary>Has to be sent, again or for the first time.</summary>
    internal bool Due { get; set; } = true;

    /// <summary>Arrived.</summary>
    internal bool Acknowledged { get; set; }
}

/// <summary>
/// Frames on their way to one neighbour, at most 16, each acknowledged by itself (the shape of SCHC ACK-on-Error,
/// RFC 8724 section 8.4.3: what an acknowledgement shows missing is sent again, and nothing else).
/// </summary>
internal sealed class SentFrames
{
    /// <summary>Half of what five bits can tell apart.</summary>
    internal const int Size = 16;

    private readonly Queue<SentFrame> _frames = new();
    private uint _next;

    /// <summary>Frames not yet settled, oldest first.</summary>
    internal IEnumerable<SentFrame> Frames => _frames;

    /// <summary>Whether another frame may be numbered.</summary>
    internal bool HasRoom => _frames.Count < Size;

    /// <summary>Whether nothing is on its way.</summary>
    internal bool IsEmpty => _frames.Count == 0;

    /// <summary>Whether something has to be sent.</summary>
    internal bool HasDue => _frames.Any(f => f.Due);

    /// <summary>Whether an envelope is on its way and nothing says yet that it arrived.</summary>
    internal bool Carries(ulong name) => _frames.Any(f => !f.Acknowledged && f.Envelopes.Contains(name));

    /// <summary>The same of a route update.</summary>
    internal bool CarriesUpdate(ushort number) => _frames.Any(f => !f.Acknowledged && f.Updates.Contains(number));

    /// <summary>Numbers a frame.</summary>
    internal SentFrame Add(byte[] body, FrameClass frameClass)
    {
        SentFrame frame = new(_next++, body, frameClass);
        _frames.Enqueue(frame);
        return frame;
    }

    /// <summary>
    /// The number that a five-bit "next expected" means: the oldest unsettled one, or one of the 16 after it.
    /// </summary>
    internal uint Expand(byte expected)
    {
        uint oldest = _frames.TryPeek(out SentFrame? first) ? first.Counter : _next;
        return oldest + (uint)((expected - (int)oldest) & RadioFrame.SequenceMask);
    }

    /// <summary>Whether an acknowledgement says of any frame that it arrived, and nothing did before.</summary>
    internal bool Settles(uint expected, ushort beyond)
    {
        foreach (SentFrame frame in _frames)
        {
            if (!frame.Acknowledged && Arrived(frame, expected, beyond))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Takes an acknowledgement; returns the frames that it settles. Null: it speaks of what was never sent.
    /// </summary>
    /// <param name="expected">Everything before this number arrived.</param>
    /// <param name="beyond">Bit i: number expected + 1 + i arrived too.</param>
    internal List<SentFrame>? Acknowledge(uint expected, ushort beyond)
    {
        if ((int)(_next - expected) < 0)
            return null;
        List<SentFrame> settled = [];
        uint highest = beyond == 0
            ? expected - 1
            : expected + 1 + (uint)System.Numerics.BitOperations.Log2(beyond);
        foreach (SentFrame frame in _frames)
        {
            bool arrived = Arrived(frame, expected, beyond);
            if (arrived && !frame.Acknowledged)
            {
                frame.Acknowledged = true;
                frame.Due = false;
                settled.Add(frame);
            }
            else if (!arrived && (int)(highest - frame.Counter) > 0)
            {
                // One that was put off before its first time is not missing.
                frame.Due = true;
                frame.Missed += frame.Tries > 0 ? 1 : 0;
            }
        }
        while (_frames.TryPeek(out SentFrame? oldest) && oldest.Acknowledged)
            _frames.Dequeue();
        return settled;
    }

    private static bool Arrived(SentFrame frame, uint expected, ushort beyond)
    {
        int ahead = (int)(frame.Counter - expected);
        return ahead < 0 || (ahead is > 0 and <= Size && (beyond >> (ahead - 1) & 1) != 0);
    }

    /// <summary>
    /// No acknowledgement came: the shortest frame goes again, and its acknowledgement will tell of the others.
    /// </summary>
    internal void Timeout()
    {
        SentFrame? shortest = null;
        foreach (SentFrame frame in _frames)
        {
            if (!frame.Acknowledged && (shortest is null || frame.Body.Length < shortest.Body.Length))
                shortest = frame;
        }
        if (shortest is not null)
            shortest.Due = true;
    }
}
