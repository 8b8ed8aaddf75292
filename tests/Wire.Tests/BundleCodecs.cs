using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>Bundles under test.</summary>
internal static class BundleCodecs
{
    // Before the codecs: they are made of it.
    private static readonly NodeAddress[] Destinations =
        [Codec.Destination, new(0x3344556677889900, 0xAABBCCDDEEFF0011)];

    public static readonly Codec[] All =
    [
        new("Bundle", Write(Codec.ExampleHeader, Destinations, Codec.ExamplePayload), Decode, Recode,
            cut => cut >= Bundle.SizeOf(Destinations.Length, 0)),
        new("ReceiptBundle", WriteReceipts(Receipts(2)), DecodeReceipts, RecodeReceipts, _ => false),
    ];

    public static byte[] Write(in EnvelopeHeader header, NodeAddress[] destinations, byte[] payload)
    {
        byte[] body = new byte[Bundle.SizeOf(destinations.Length, payload.Length)];
        Assert.Equal(body.Length, Bundle.Write(body, header, destinations, payload));
        return body;
    }

    /// <summary>Proofs that ascend.</summary>
    public static byte[][] Receipts(int count) =>
        [.. Enumerable.Range(1, count).Select(i => Enumerable.Repeat((byte)i, Receipt.ProofSize).ToArray())];

    public static byte[] WriteReceipts(byte[][] proofs)
    {
        byte[] body = new byte[ReceiptBundle.SizeOf(proofs.Length)];
        ReceiptBundle.WriteHeader(
            body, Codec.ExampleHeader with { Kind = EnvelopeKind.Receipt, WantsReceipt = false, Attempt = 0 },
            proofs.Length);
        for (int i = 0; i < proofs.Length; i++)
            proofs[i].CopyTo(ReceiptBundle.ProofAt(body, i));
        return body;
    }

    private static bool Decode(ReadOnlySpan<byte> bytes)
    {
        if (!Bundle.TryRead(bytes, out Bundle bundle))
            return false;
        Span<byte> header = stackalloc byte[EnvelopeHeader.Size];
        ulong all = 0;
        for (int i = 0; i < bundle.Count; i++)
        {
            bundle.WriteHeader(i, header);
            if (!EnvelopeHeader.TryRead(header, out EnvelopeHeader read) || read.Destination != bundle[i])
                throw new InvalidOperationException("An envelope of a bundle does not parse.");
            all |= bundle[i].Low;
        }

        return bundle.Payload.Length <= Limits.MaxBundlePayload && all >= 0;
    }

    private static byte[]? Recode(ReadOnlySpan<byte> bytes)
    {
        if (!Bundle.TryRead(bytes, out Bundle bundle))
            return null;
        var destinations = new NodeAddress[bundle.Count];
        for (int i = 0; i < destinations.Length; i++)
            destinations[i] = bundle[i];
        return Write(bundle.Header, destinations, bundle.Payload.ToArray());
    }

    private static bool DecodeReceipts(ReadOnlySpan<byte> bytes)
    {
        if (!ReceiptBundle.TryRead(bytes, out ReceiptBundle bundle))
            return false;
        int all = bundle.HeaderBytes.Length + (int)bundle.Header.Kind;
        for (int i = 0; i < bundle.Count; i++)
            all += bundle[i].Length;
        return all > 0;
    }

    private static byte[]? RecodeReceipts(ReadOnlySpan<byte> bytes)
    {
        if (!ReceiptBundle.TryRead(bytes, out ReceiptBundle bundle))
            return null;
        byte[] body = new byte[bytes.Length];
        ReceiptBundle.WriteHeader(body, bundle.Header, bundle.Count);
        for (int i = 0; i < bundle.Count; i++)
            bundle[i].CopyTo(ReceiptBundle.ProofAt(body, i));
        return body;
    }
}
