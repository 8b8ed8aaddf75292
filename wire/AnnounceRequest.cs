namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 5.4:
//
//  count x abbreviation(8)        count 1..128

/// <summary>A view of an announce request's body: whose identity records the neighbour lacks.</summary>
public readonly ref struct AnnounceRequest
{
    private readonly ReadOnlySpan<byte> _body;

    private AnnounceRequest(ReadOnlySpan<byte> body) => _body = body;

    /// <summary>How many records it asks for.</summary>
    public int Count => _body.Length / Abbreviation.Size;

    /// <summary>The name at an index from 0 to <see cref="Count"/> - 1.</summary>
    public Abbreviation this[int index] => Abbreviation.Read(_body.Slice(index * Abbreviation.Size, Abbreviation.Size));

    /// <summary>Size in bytes of a body with a number of names.</summary>
    public static int SizeOf(int count) => count * Abbreviation.Size;

    /// <summary>Reads a body; false if it is empty, cut or asks for too many.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out AnnounceRequest request)
    {
        request = default;
        if (body.IsEmpty || body.Length % Abbreviation.Size != 0
            || body.Length > SizeOf(Limits.Arbitrary.MaxAnnouncesRequested))
            return false;
        request = new AnnounceRequest(body);
        return true;
    }

    /// <summary>Writes a body; returns the bytes written.</summary>
    /// <param name="body">Room for <see cref="SizeOf"/> bytes.</param>
    /// <param name="names">1 to <see cref="Limits.Arbitrary.MaxAnnouncesRequested"/> names.</param>
    public static int Write(Span<byte> body, ReadOnlySpan<Abbreviation> names)
    {
        if (names.Length is 0 or > Limits.Arbitrary.MaxAnnouncesRequested)
            throw new ArgumentOutOfRangeException(nameof(names), names.Length,
                "An announce request has 1 to 128 names.");
        for (int i = 0; i < names.Length; i++)
            names[i].Write(body[SizeOf(i)..]);
        return SizeOf(names.Length);
    }
}
