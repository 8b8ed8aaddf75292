using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>What two neighbours share until one of them restarts.</summary>
internal sealed class RadioSession(RadioKeys keys, ulong peerBootId, int maxItem) : IDisposable
{
    /// <summary>Arbitrary: as many custody answers as may be outstanding between neighbours.</summary>
    private const int Remembered = 64;

    private readonly Queue<ulong> _sentNames = new();
    private readonly Queue<ulong> _receivedNames = new();

    internal RadioKeys Keys { get; } = keys;

    internal ulong PeerBootId { get; } = peerBootId;

    internal SendWindow Outgoing { get; } = new();

    internal ReceiveWindow Incoming { get; } = new();

    internal Reassembly Reassembly { get; } = new(maxItem);

    internal AddressSlots Slots { get; } = new();

    /// <summary>Items for the next acknowledgement frame.</summary>
    internal List<byte[]> AckItems { get; } = [];

    /// <summary>When an acknowledgement goes out at the latest; MaxValue: none is owed.</summary>
    internal TimeSpan AckDue { get; set; } = TimeSpan.MaxValue;

    /// <summary>When the acknowledgement that we wait for is overdue; MaxValue: none is awaited.</summary>
    internal TimeSpan AckOverdue { get; set; } = TimeSpan.MaxValue;

    /// <summary>Overdue acknowledgements in a row.</summary>
    internal int Timeouts { get; set; }

    /// <summary>Number of the next item in pieces.</summary>
    internal byte NextTag { get; set; }

    /// <summary>Remembers an envelope that went to the neighbour, so that two bytes of its name can stand for it.</summary>
    internal void RememberSent(Envelope envelope) => Remember(_sentNames, NameOf(envelope));

    /// <summary>Remembers an envelope that the neighbour sent.</summary>
    internal void RememberReceived(Envelope envelope) => Remember(_receivedNames, NameOf(envelope));

    /// <summary>Whether two bytes stand for one envelope of the neighbour without doubt.</summary>
    internal bool IsShort(ulong name) =>
        _receivedNames.Contains(name) && _receivedNames.Count(n => n >> 48 == name >> 48) == 1;

    /// <summary>The name that two bytes stand for; null if none or several.</summary>
    internal ulong? Expand(ushort shortName)
    {
        List<ulong> found = [.. _sentNames.Where(n => n >> 48 == shortName)];
        return found.Count == 1 ? found[0] : null;
    }

    public void Dispose() => Keys.Dispose();

    // As the radio's frame carries it, and so as the neighbour will name it.
    private static ulong NameOf(Envelope envelope) =>
        CustodyAnswer.NameOf(envelope.ComputeId(), envelope.Header.Attempt, Math.Min((int)envelope.Header.HopsLeft, Limits.MaxHops));

    private static void Remember(Queue<ulong> names, ulong name)
    {
        if (names.Contains(name))
            return;
        if (names.Count == Remembered)
            names.Dequeue();
        names.Enqueue(name);
    }
}
