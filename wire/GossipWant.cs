namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 8.2:
//
//  flags(1) count x id(16)        flags: 0000000 graft(1)     count 1..256

/// <summary>A view of the body of a request for records that were announced.</summary>
public readonly ref struct GossipWant
{
    /// <summary>Most ids in one frame; arbitrary.</summary>
    public const int MaxIds = 256;

    private const byte GraftFlag = 0x01;
    private readonly ReadOnlySpan<byte> _body;

    private GossipWant(ReadOnlySpan<byte> body) => _body = body;

    /// <summary>From now on records shall be pushed on this link.</summary>
    public bool Graft => (_body[0] & GraftFlag) != 0;

    /// <summary>How many there are.</summary>
    public int Count => (_body.Length - 1) / GossipId.Size;

    /// <summary>The id at an index from 0 to <see cref="Count"/> - 1.</summary>
    public GossipId this[int index] => GossipId.Read(_body[(1 + index * GossipId.Size)..]);

    /// <summary>Size in bytes of a body with a number of ids.</summary>
    public static int SizeOf(int count) => 1 + count * GossipId.Size;

    /// <summary>Reads a body; false if it is cut, empty, has too many, or an unknown flag.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out GossipWant want)
    {
        want = default;
        if (body.Length <= GossipId.Size || (body.Length - 1) % GossipId.Size != 0 || body.Length > SizeOf(MaxIds)
            || (body[0] & ~GraftFlag) != 0)
            return false;
        want = new GossipWant(body);
        return true;
    }

    /// <summary>Writes a body; returns the bytes written.</summary>
    /// <param name="body">Room for <see cref="SizeOf"/> bytes.</param>
    /// <param name="ids">1 to <see cref="MaxIds"/>.</param>
    /// <param name="graft">See <see cref="Graft"/>.</param>
    public static int Write(Span<byte> body, ReadOnlySpan<GossipId> ids, bool graft)
    {
        if (ids.Length is 0 or > MaxIds)
            throw new ArgumentOutOfRangeException(nameof(ids), ids.Length, "A request has 1 to 256 ids.");
        body[0] = graft ? GraftFlag : (byte)0;
        for (int i = 0; i < ids.Length; i++)
            ids[i].Write(body[SizeOf(i)..]);
        return SizeOf(ids.Length);
    }
}
