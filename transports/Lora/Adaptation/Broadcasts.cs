namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// docs/reference/lora.md, section 4:
//
//  broadcast: type 3, sequence: number of tags, to: low 16 bits of the number | items | tags
//  beacon:    type 0, sequence: 0,              to: the same                  | tags | common check

/// <summary>
/// What goes to all neighbours at once: one frame with a tag for each of them, under that session's key (an
/// authenticator in the sense of Castro and Liskov, Practical Byzantine Fault Tolerance, OSDI 1999, section 4). A tag
/// convinces its receiver alone, so no neighbour can speak for this station. docs/decisions/radio-broadcasts.md says
/// why not one key for all.
/// </summary>
/// <param name="first">Number of the first one; drawn at the start.</param>
/// <param name="tagSize">Size of a tag in bytes.</param>
internal sealed class Broadcasts(ushort first, int tagSize)
{
    /// <summary>What five bits can count.</summary>
    internal const int MaxTags = RadioFrame.SequenceMask;

    private readonly RadioSession?[] _slots = new RadioSession?[MaxTags];
    private uint _number = first;

    /// <summary>Bytes of all tags together.</summary>
    internal int TagBytes => Count * tagSize;

    private int Count => Array.FindLastIndex(_slots, s => s is not null) + 1;

    /// <summary>Gives a session its tag; from now on it is told.</summary>
    internal RadioIntroduction Introduce(RadioSession session, ulong bootId)
    {
        if (session.Slot is null && Array.IndexOf(_slots, null) is var free and >= 0)
        {
            _slots[free] = session;
            session.Slot = (byte)free;
        }
        if (session.FirstBroadcast is null)
            session.FirstBroadcast = _number;
        return new RadioIntroduction(bootId, session.Slot ?? RadioIntroduction.NoSlot, (ushort)session.FirstBroadcast);
    }

    /// <summary>The session is over.</summary>
    internal void Release(RadioSession session)
    {
        if (session.Slot is { } slot)
            _slots[slot] = null;
        session.Slot = null;
    }

    /// <summary>Makes a broadcast: header, body and tags.</summary>
    /// <param name="from">This station's id.</param>
    /// <param name="body">Items.</param>
    internal byte[] MakeBroadcast(ushort from, ReadOnlySpan<byte> body)
    {
        RadioFrame header = new(RadioFrameType.Broadcast, false, (byte)Count, from, (ushort)_number);
        return Make(header, body);
    }

    /// <summary>Makes a beacon without its common check: header and tags.</summary>
    internal byte[] MakeBeacon(ushort from)
    {
        RadioFrame header = new(RadioFrameType.Discovery, false, (byte)DiscoveryKind.Beacon, from, (ushort)_number);
        return Make(header, default);
    }

    /// <summary>
    /// Whether a broadcast or a beacon is from the neighbour of a session, and is new. It is so once.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="low">Low 16 bits of its number.</param>
    /// <param name="signed">Header and body.</param>
    /// <param name="tags">All tags.</param>
    internal bool TryAccept(RadioSession session, ushort low, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> tags)
    {
        if (session.PeerBroadcasts is not { } window || (session.PeerSlot + 1) * tagSize > tags.Length)
            return false;
        uint number = window.Expand(low);
        return window.IsNew(number)
            && session.Keys.Verify(number, signed, tags.Slice(session.PeerSlot * tagSize, tagSize))
            && window.TryAccept(number);
    }

    // Each receiver counts from the 16 bits that its introduction told.
    private byte[] Make(RadioFrame header, ReadOnlySpan<byte> body)
    {
        int signed = RadioFrame.HeaderSize + body.Length;
        byte[] bytes = new byte[signed + TagBytes];
        header.Write(bytes);
        body.CopyTo(bytes.AsSpan(RadioFrame.HeaderSize));
        for (int slot = 0; slot < Count; slot++)
        {
            Span<byte> tag = bytes.AsSpan(signed + (slot * tagSize), tagSize);
            if (_slots[slot] is { FirstBroadcast: { } since } session)
                session.Keys.Write((ushort)since + (_number - since), bytes.AsSpan(..signed), tag);
        }
        _number++;
        return bytes;
    }
}
