using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 4.6:
//
//  vk(1) flags(1) hops(1) lifetime(2) count(1) count x destination(16) payload(0..4,096)
//
//  count 2..32; destinations ascend as numbers of 128 bits, and so none is there twice

/// <summary>
/// A view of the body of a bundle: ordinary envelopes with one payload, each for another destination. It stands for
/// its envelopes and is nothing more: ids, custody and receipts are theirs.
/// </summary>
public readonly ref struct Bundle
{
    private const int CountOffset = 5;
    private const int DestinationsOffset = CountOffset + 1;

    private readonly ReadOnlySpan<byte> _body;

    private Bundle(ReadOnlySpan<byte> body, EnvelopeHeader header)
    {
        _body = body;
        Header = header;
    }

    /// <summary>The header of the first envelope; those of the others differ in the destination alone.</summary>
    public EnvelopeHeader Header { get; }

    /// <summary>How many envelopes it stands for, 2 to <see cref="Limits.MaxBundle"/>.</summary>
    public int Count => _body[CountOffset];

    /// <summary>The payload of all of them.</summary>
    public ReadOnlySpan<byte> Payload => _body[(DestinationsOffset + Count * NodeAddress.Size)..];

    /// <summary>The destination of one of the envelopes, from 0.</summary>
    public NodeAddress this[int index] => NodeAddress.Read(DestinationBytes(_body, index));

    /// <summary>Size in bytes of a body.</summary>
    /// <param name="count">Envelopes.</param>
    /// <param name="payloadSize">Size of the payload in bytes.</param>
    public static int SizeOf(int count, int payloadSize) =>
        DestinationsOffset + count * NodeAddress.Size + payloadSize;

    /// <summary>
    /// Reads a body; false if it is cut, its payload is too large, its count is out of its bounds, its destinations do
    /// not ascend, it is one of receipts, or its header is one that <see cref="EnvelopeHeader.TryRead"/> refuses.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out Bundle bundle)
    {
        bundle = default;
        if (body.Length < DestinationsOffset || body[CountOffset] is not (>= Limits.MinBundle and <= Limits.MaxBundle))
            return false;
        int payload = body.Length - SizeOf(body[CountOffset], 0);
        if (payload is < 0 or > Limits.MaxBundlePayload)
            return false;
        for (int i = 1; i < body[CountOffset]; i++)
        {
            if (DestinationBytes(body, i - 1).SequenceCompareTo(DestinationBytes(body, i)) >= 0)
                return false;
        }

        Span<byte> first = stackalloc byte[EnvelopeHeader.Size];
        WriteHeader(body, 0, first);
        if (!EnvelopeHeader.TryRead(first, out EnvelopeHeader header) || header.Kind == EnvelopeKind.Receipt)
            return false;
        bundle = new Bundle(body, header);
        return true;
    }

    /// <summary>Writes the header of one of the envelopes, <see cref="EnvelopeHeader.Size"/> bytes.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <param name="envelope">Room for it.</param>
    public void WriteHeader(int index, Span<byte> envelope) => WriteHeader(_body, index, envelope);

    /// <summary>Writes a body; returns the bytes written.</summary>
    /// <param name="body">Room for <see cref="SizeOf"/> bytes.</param>
    /// <param name="header">What all envelopes share; its destination does not count.</param>
    /// <param name="destinations">Ascending, 2 to <see cref="Limits.MaxBundle"/> of them.</param>
    /// <param name="payload">At most <see cref="Limits.MaxBundlePayload"/> bytes.</param>
    public static int Write(
        Span<byte> body, in EnvelopeHeader header, ReadOnlySpan<NodeAddress> destinations, ReadOnlySpan<byte> payload)
    {
        Span<byte> first = stackalloc byte[EnvelopeHeader.Size];
        header.Write(first);
        first[..CountOffset].CopyTo(body);
        body[CountOffset] = (byte)destinations.Length;
        for (int i = 0; i < destinations.Length; i++)
            destinations[i].Write(body[(DestinationsOffset + i * NodeAddress.Size)..]);
        payload.CopyTo(body[(DestinationsOffset + destinations.Length * NodeAddress.Size)..]);
        return SizeOf(destinations.Length, payload.Length);
    }

    private static void WriteHeader(ReadOnlySpan<byte> body, int index, Span<byte> envelope)
    {
        body[..CountOffset].CopyTo(envelope);
        DestinationBytes(body, index).CopyTo(envelope[CountOffset..]);
    }

    private static ReadOnlySpan<byte> DestinationBytes(ReadOnlySpan<byte> body, int index) =>
        body.Slice(DestinationsOffset + index * NodeAddress.Size, NodeAddress.Size);
}
