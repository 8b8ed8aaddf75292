using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

/// <summary>Names a conversation: its kind, and up to 16 bytes that this kind gives a meaning.</summary>
public readonly record struct ConversationId
{
    /// <summary>Most bytes of an id.</summary>
    public const int MaxSize = NodeAddress.Size;

    private readonly NodeAddress _bytes;

    /// <summary>Names a conversation.</summary>
    /// <param name="kind">What its envelopes are.</param>
    /// <param name="bytes">1 to <see cref="MaxSize"/> bytes.</param>
    public ConversationId(EnvelopeKind kind, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > MaxSize)
            throw new ArgumentException($"An id has 1 to {MaxSize} bytes.", nameof(bytes));
        Span<byte> whole = stackalloc byte[MaxSize];
        whole.Clear();
        bytes.CopyTo(whole);
        _bytes = NodeAddress.Read(whole);
        Kind = kind;
        Size = bytes.Length;
    }

    private ConversationId(in NodeAddress peer) => (_bytes, Kind, Size) = (peer, EnvelopeKind.Sealed, NodeAddress.Size);

    /// <summary>What its envelopes are.</summary>
    public EnvelopeKind Kind { get; }

    /// <summary>Bytes of the id.</summary>
    public int Size { get; }

    /// <summary>A conversation with one node, by sealed messages.</summary>
    public bool IsDirect => Kind == EnvelopeKind.Sealed;

    /// <summary>
    /// The id where an address is expected, with zeros behind it: the peer of this node's messages to a group. No node
    /// has
    /// such an address but by a chance of 2^-64.
    /// </summary>
    public NodeAddress AsPeer => _bytes;

    /// <summary>The conversation with one node.</summary>
    public static ConversationId With(in NodeAddress peer) => new(peer);

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        Span<byte> whole = stackalloc byte[MaxSize];
        _bytes.Write(whole);
        whole[..Size].CopyTo(destination);
    }

    /// <summary>Lower-case hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
