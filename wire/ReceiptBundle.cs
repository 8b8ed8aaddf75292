namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 4.6:
//
//  header(21) count(1) count x proof(24)
//
//  count 2..32; proofs ascend byte by byte, and so none is there twice

/// <summary>
/// A view of the body of a bundle of receipts: ordinary receipts for one destination, each with another proof.
/// </summary>
public readonly ref struct ReceiptBundle
{
    private const int ProofsOffset = EnvelopeHeader.Size + 1;

    private readonly ReadOnlySpan<byte> _body;

    private ReceiptBundle(ReadOnlySpan<byte> body, EnvelopeHeader header)
    {
        _body = body;
        Header = header;
    }

    /// <summary>The header of each of the receipts.</summary>
    public EnvelopeHeader Header { get; }

    /// <summary>How many receipts it stands for, 2 to <see cref="Limits.MaxBundle"/>.</summary>
    public int Count => _body[EnvelopeHeader.Size];

    /// <summary>The 21 bytes of that header.</summary>
    public ReadOnlySpan<byte> HeaderBytes => _body[..EnvelopeHeader.Size];

    /// <summary>The proof in one of the receipts, from 0.</summary>
    public ReadOnlySpan<byte> this[int index] => ProofOf(_body, index);

    /// <summary>Size in bytes of a body with so many receipts.</summary>
    public static int SizeOf(int count) => ProofsOffset + count * Receipt.ProofSize;

    /// <summary>
    /// Reads a body; false if it is cut or longer, its count is out of its bounds, its proofs do not ascend, it is not
    /// one of receipts, or its header is one that <see cref="EnvelopeHeader.TryRead"/> refuses.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out ReceiptBundle bundle)
    {
        bundle = default;
        if (body.Length < ProofsOffset
            || body[EnvelopeHeader.Size] is not (>= Limits.MinBundle and <= Limits.MaxBundle)
            || body.Length != SizeOf(body[EnvelopeHeader.Size])
            || !EnvelopeHeader.TryRead(body, out EnvelopeHeader header) || header.Kind != EnvelopeKind.Receipt)
            return false;
        for (int i = 1; i < body[EnvelopeHeader.Size]; i++)
        {
            if (ProofOf(body, i - 1).SequenceCompareTo(ProofOf(body, i)) >= 0)
                return false;
        }

        bundle = new ReceiptBundle(body, header);
        return true;
    }

    /// <summary>Writes header and count; the proofs follow by <see cref="ProofAt"/>.</summary>
    /// <param name="body">Room for <see cref="SizeOf"/> bytes.</param>
    /// <param name="header">Of a receipt.</param>
    /// <param name="count">2 to <see cref="Limits.MaxBundle"/>.</param>
    public static void WriteHeader(Span<byte> body, in EnvelopeHeader header, int count)
    {
        header.Write(body);
        body[EnvelopeHeader.Size] = (byte)count;
    }

    /// <summary>The place of a proof in a body that is being written; proofs have to ascend.</summary>
    public static Span<byte> ProofAt(Span<byte> body, int index) =>
        body.Slice(ProofsOffset + index * Receipt.ProofSize, Receipt.ProofSize);

    private static ReadOnlySpan<byte> ProofOf(ReadOnlySpan<byte> body, int index) =>
        body.Slice(ProofsOffset + index * Receipt.ProofSize, Receipt.ProofSize);
}
