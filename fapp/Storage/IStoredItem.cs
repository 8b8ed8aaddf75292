namespace QuicProChat.Mesh.Fapp.Storage;

/// <summary>What a stored item is: the first byte of its key.</summary>
public enum ItemKind : byte
{
    /// <summary>What a practice set, its keys and its schedule.</summary>
    Practice = 1,

    /// <summary>A slot of a practice.</summary>
    Slot = 2,

    /// <summary>A request at a practice.</summary>
    Request = 3,

    /// <summary>A reservation of a patient.</summary>
    Reservation = 4,

    /// <summary>A standing search.</summary>
    Watch = 5,

    /// <summary>What belongs to the node: its regions, its running time.</summary>
    Node = 6,

    /// <summary>An attestation or revocation that this node publishes.</summary>
    Claim = 7,

    /// <summary>A query of this node that is under way.</summary>
    Query = 8,

    /// <summary>A record that came as the answer to a query.</summary>
    Found = 9,
}

/// <summary>Something of the appointments that survives a restart, under a key of its own.</summary>
public interface IStoredItem
{
    /// <summary>What it is.</summary>
    ItemKind Kind { get; }

    /// <summary>Its name among those of its kind: at most 15 bytes.</summary>
    ReadOnlyMemory<byte> Key { get; }

    /// <summary>What to keep. Secret.</summary>
    byte[] Encode();
}

/// <summary>
/// What a state machine changed since it was last asked: the host writes it before it lets anything out.
/// </summary>
public sealed class ItemChanges
{
    private readonly List<IStoredItem> _changed = [];
    private readonly List<IStoredItem> _gone = [];

    /// <summary>Something has to be written.</summary>
    public bool Any => _changed.Count + _gone.Count > 0;

    /// <summary>An item has to be written.</summary>
    public void Add(IStoredItem item)
    {
        if (!_changed.Contains(item))
            _changed.Add(item);
    }

    /// <summary>An item is to be forgotten.</summary>
    public void Remove(IStoredItem item)
    {
        _changed.Remove(item);
        _gone.Add(item);
    }

    /// <summary>Takes what there is.</summary>
    public (IStoredItem[] Changed, IStoredItem[] Gone) Take()
    {
        (IStoredItem[], IStoredItem[]) taken = ([.. _changed], [.. _gone]);
        _changed.Clear();
        _gone.Clear();
        return taken;
    }
}
