using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>What two neighbours share until one of them restarts.</summary>
internal sealed class RadioSession(RadioKeys keys, ulong peerBootId, int maxItem) : IDisposable
{
    /// <summary>Arbitrary: as many custody answers as may be outstanding between neighbours.</summary>
    private const int Remembered = 64;

    /// <summary>More than the sender remembers: what is one of a kind here is one of a kind there.</summary>
    private const int RememberedReceived = 2 * Remembered;

    private readonly Queue<ulong> _arrivedNames = new();
    private readonly Queue<ulong> _receivedNames = new();

    internal RadioKeys Keys { get; } = keys;

    internal ulong PeerBootId { get; } = peerBootId;

    internal SendWindow Outgoing { get; } = new();

    internal ReceiveWindow Incoming { get; } = new();

    internal Reassembly Reassembly { get; } = new(maxItem);

    internal AddressSlots Slots { get; } = new();

    /// <summary>Items for the next acknowledgement frame.</summary>
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

    /// <summary>What a custody answer will call the envelope in a frame (kind and body); null: it carries none.</summary>
    internal static ulong? NameOf(ReadOnlySpan<byte> frame) =>
        frame[0] == (byte)FrameKind.Envelope && Envelope.TryRead(frame[1..], out Envelope envelope) ? NameOf(envelope) : null;

    // As the radio's frame carries it, and so as the neighbour will name it.
    private static ulong NameOf(Envelope envelope) =>
        CustodyAnswer.NameOf(envelope.ComputeId(), envelope.Header.Attempt, Math.Min((int)envelope.Header.HopsLeft, Limits.MaxHops));

    private static void Remember(Queue<ulong> names, ulong name, int most)
    {
        if (names.Contains(name))
            return;
        if (names.Count == most)
            names.Dequeue();
        names.Enqueue(name);
    }
}
