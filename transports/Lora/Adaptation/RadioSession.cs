using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>What two neighbours share from a handshake until the next.</summary>
/// <param name="keys">Its keys, which it owns.</param>
/// <param name="greeted">We sent the greeting.</param>
internal sealed class RadioSession(SessionKeys keys, bool greeted) : IDisposable
{
    /// <summary>Arbitrary: as many custody answers as may be outstanding between neighbours.</summary>
    private const int Remembered = 64;

    /// <summary>More than the sender remembers: what is one of a kind here is one of a kind there.</summary>
    private const int RememberedReceived = 2 * Remembered;

    /// <summary>Arbitrary: what a few acknowledgements hold.</summary>
    private const int MaxAckItems = 32;

    private readonly Queue<ulong> _arrivedNames = new();
    private readonly Queue<ulong> _receivedNames = new();

    internal SessionKeys Keys { get; } = keys;

    /// <summary>We sent the greeting, and introduce ourselves in the first frame; else in acknowledgements.</summary>
    internal bool Greeted { get; } = greeted;

    /// <summary>Boot id that the neighbour introduced itself with; null: it has not.</summary>
    internal ulong? PeerBootId { get; private set; }

    /// <summary>The neighbour has our introduction.</summary>
    internal bool IsIntroduced { get; set; }

    /// <summary>Which tag in our broadcasts is the neighbour's; null: none.</summary>
    internal byte? Slot { get; set; }

    /// <summary>Number of the first of our broadcasts that the neighbour counts; null: it was told none.</summary>
    internal uint? FirstBroadcast { get; set; }

    /// <summary>Which tag in the neighbour's broadcasts is ours.</summary>
    internal byte PeerSlot { get; private set; }

    /// <summary>Which of the neighbour's broadcasts may come; null: it sends us none.</summary>
    internal BroadcastWindow? PeerBroadcasts { get; private set; }

    internal SentFrames Outgoing { get; } = new();

    internal ReceiveWindow Incoming { get; } = new();

    /// <summary>
    /// Acknowledgements that settled nothing and were read for what they carried: the same is not read again.
    /// </summary>
    internal ReplayMemory CarriedItems { get; } = new(8);

    /// <summary>What frames that came before may still make us say.</summary>
    internal TokenBucket Duplicates { get; } = new(RadioTuning.DuplicateBurst, RadioTuning.DuplicatesPerSecond);

    internal AddressSlots Slots { get; } = new();

    /// <summary>Items for the next acknowledgement frame; bounded by <see cref="TryAddAckItem"/>.</summary>
    internal List<byte[]> AckItems { get; } = [];

    /// <summary>What the last acknowledgement frame carried.</summary>
    internal List<byte[]> LastAckItems { get; } = [];

    /// <summary>The last route update of which a piece was given up.</summary>
    internal ushort? LostUpdate { get; set; }

    /// <summary>When an acknowledgement goes out at the latest; MaxValue: none is owed.</summary>
    internal TimeSpan AckDue { get; set; } = TimeSpan.MaxValue;

    /// <summary>When the acknowledgement that we wait for is overdue; MaxValue: none is awaited.</summary>
    internal TimeSpan AckOverdue { get; set; } = TimeSpan.MaxValue;

    /// <summary>Overdue acknowledgements in a row.</summary>
    internal int Timeouts { get; set; }

    /// <summary>Number of the next item in pieces.</summary>
    internal byte NextTag { get; set; }

    /// <summary>
    /// Puts an item into the next acknowledgement; false: there are many, and a neighbour cannot make them more.
    /// </summary>
    internal bool TryAddAckItem(byte[] item)
    {
        if (AckItems.Count >= MaxAckItems)
            return false;
        AckItems.Add(item);
        return true;
    }

    /// <summary>The neighbour said who it is and how it numbers its broadcasts. It does so once.</summary>
    internal void Meet(in RadioIntroduction introduction)
    {
        if (PeerBootId is not null)
            return;
        PeerBootId = introduction.BootId;
        if (introduction.Slot < Broadcasts.MaxTags)
            PeerBroadcasts = new BroadcastWindow(introduction.Counter);
        PeerSlot = introduction.Slot;
    }

    /// <summary>
    /// Remembers an envelope that the neighbour has, so that two bytes of its name can stand for it. One that did not
    /// arrive must not be among them: an earlier copy of it may have, and the two would be mistaken for one another.
    /// </summary>
    internal void RememberArrived(ulong name) => Remember(_arrivedNames, name, Remembered);

    /// <summary>Remembers an envelope that the neighbour sent.</summary>
    internal void RememberReceived(Envelope envelope) => Remember(_receivedNames, NameOf(envelope), RememberedReceived);

    /// <summary>Whether two bytes stand for one envelope of the neighbour without doubt.</summary>
    internal bool IsShort(ulong name) => TheOne(_receivedNames, (ushort)(name >> 48)) == name;

    /// <summary>The name that two bytes stand for; null if none or several.</summary>
    internal ulong? Expand(ushort shortName) => TheOne(_arrivedNames, shortName);

    private static ulong? TheOne(Queue<ulong> names, ushort shortName)
    {
        ulong? found = null;
        foreach (ulong name in names)
        {
            if (name >> 48 != shortName)
                continue;
            if (found is not null)
                return null;
            found = name;
        }

        return found;
    }

    public void Dispose() => Keys.Dispose();

    /// <summary>
    /// What a custody answer will call the envelope in a frame (kind and body); null: it carries none.
    /// </summary>
    internal static ulong? NameOf(ReadOnlySpan<byte> frame) =>
        frame[0] == (byte)FrameKind.Envelope && Envelope.TryRead(frame[1..], out Envelope envelope)
            ? NameOf(envelope) : null;

    // As the radio's frame carries it, and so as the neighbour will name it.
    private static ulong NameOf(Envelope envelope) =>
        CustodyAnswer.NameOf(envelope.ComputeId(), envelope.Header.Attempt,
            Math.Min((int)envelope.Header.HopsLeft, Limits.MaxHops));

    private static void Remember(Queue<ulong> names, ulong name, int most)
    {
        if (names.Contains(name))
            return;
        if (names.Count == most)
            names.Dequeue();
        names.Enqueue(name);
    }
}
