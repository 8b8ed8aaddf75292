using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>What two neighbours share until one of them restarts.</summary>
internal sealed class RadioSession(RadioKeys keys, ulong peerBootId, int maxItem) : IDisposable
{
    /// <summary>Arbitrary: as many custody answers as may be outstanding between neighbours.</summary>
    private const int Remembered = 64;

    private readonly Queue<ulong> _sentIds = new();
    private readonly Queue<ulong> _receivedIds = new();

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

    /// <summary>Remembers an envelope that went to the neighbour, so that two bytes of its id can name it.</summary>
    internal void RememberSent(EnvelopeId id) => Remember(_sentIds, id.Prefix);

    /// <summary>Remembers an envelope that the neighbour sent.</summary>
    internal void RememberReceived(EnvelopeId id) => Remember(_receivedIds, id.Prefix);

    /// <summary>Whether two bytes name one envelope of the neighbour without doubt.</summary>
    internal bool IsShort(ulong prefix) =>
        _receivedIds.Contains(prefix) && _receivedIds.Count(p => p >> 48 == prefix >> 48) == 1;

    /// <summary>The envelope that two bytes name; null if none or several.</summary>
    internal ulong? Expand(ushort shortId)
    {
        List<ulong> found = [.. _sentIds.Where(p => p >> 48 == shortId)];
        return found.Count == 1 ? found[0] : null;
    }

    public void Dispose() => Keys.Dispose();

    private static void Remember(Queue<ulong> ids, ulong prefix)
    {
        if (ids.Contains(prefix))
            return;
        if (ids.Count == Remembered)
            ids.Dequeue();
        ids.Enqueue(prefix);
    }
}
