using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire.Tests;

public sealed class BundleTests
{
    private static byte[] Example => Codec.Named("Bundle").Example.ToArray();

    [Theory]
    [InlineData(2, 0, true)]
    [InlineData(32, 4096, true)]
    [InlineData(33, 0, false)]
    [InlineData(1, 0, false)]
    [InlineData(0, 0, false)]
    [InlineData(2, 4097, false)]
    public void Two_to_thirty_two_destinations_and_four_KiB_of_payload_are_a_bundle(
        int count, int payload, bool isBundle)
    {
        byte[] body = BundleCodecs.Write(Codec.ExampleHeader, Addresses(count), new byte[payload]);
        Assert.Equal(isBundle, Bundle.TryRead(body, out _));
    }

    [Fact]
    public void Destinations_that_are_equal_or_descend_are_refused()
    {
        NodeAddress[] three = Addresses(3);
        NodeAddress[][] all =
        [
            [three[1], three[0], three[2]], [three[0], three[2], three[1]], [three[0], three[0], three[1]],
            [three[0], three[1], three[1]],
        ];
        foreach (NodeAddress[] wrong in all)
            Assert.False(Bundle.TryRead(BundleCodecs.Write(Codec.ExampleHeader, wrong, [1]), out _));
        Assert.True(Bundle.TryRead(BundleCodecs.Write(Codec.ExampleHeader, three, [1]), out _));
    }

    [Fact]
    public void Addresses_ascend_as_numbers_without_a_sign()
    {
        NodeAddress[] high = [new(1, ulong.MaxValue), new(ulong.MaxValue >> 1, 0), new(ulong.MaxValue, 0)];
        Assert.True(Bundle.TryRead(BundleCodecs.Write(Codec.ExampleHeader, high, [1]), out _));
        Assert.Equal(high, high.Order());
    }

    [Theory]
    [InlineData(0, 0x20)]
    [InlineData(0, 0x11)]
    [InlineData(0, 0x17)]
    [InlineData(1, 0x08)]
    public void A_header_that_no_envelope_has_and_one_of_a_receipt_is_refused(int at, byte value)
    {
        byte[] body = Example;
        body[at] = value;
        Assert.False(Bundle.TryRead(body, out _));
    }

    [Fact]
    public void Its_envelopes_have_the_ids_that_they_have_alone()
    {
        Assert.True(Bundle.TryRead(Example, out Bundle bundle));
        byte[] envelope = new byte[Envelope.SizeOf(bundle.Payload.Length)];
        bundle.Payload.CopyTo(envelope.AsSpan(EnvelopeHeader.Size));
        for (int i = 0; i < bundle.Count; i++)
        {
            bundle.WriteHeader(i, envelope);
            byte[] alone = Codec.WriteEnvelope(
                Codec.ExampleHeader with { Destination = bundle[i] }, Codec.ExamplePayload);
            Assert.Equal(alone, envelope);
        }
    }

    [Fact]
    public void Receipts_have_to_be_receipts_in_order_and_none_twice()
    {
        byte[][] proofs = BundleCodecs.Receipts(3);
        Assert.True(ReceiptBundle.TryRead(BundleCodecs.WriteReceipts(proofs), out ReceiptBundle bundle));
        Assert.Equal(proofs[2], bundle[2].ToArray());
        Assert.False(ReceiptBundle.TryRead(BundleCodecs.WriteReceipts([proofs[1], proofs[0]]), out _));
        Assert.False(ReceiptBundle.TryRead(BundleCodecs.WriteReceipts([proofs[0], proofs[0]]), out _));
        Assert.False(ReceiptBundle.TryRead(BundleCodecs.WriteReceipts([proofs[0]]), out _));
        Assert.False(ReceiptBundle.TryRead(BundleCodecs.WriteReceipts([]), out _));
        Assert.False(ReceiptBundle.TryRead(BundleCodecs.WriteReceipts(BundleCodecs.Receipts(33)), out _));
        Assert.True(ReceiptBundle.TryRead(BundleCodecs.WriteReceipts(BundleCodecs.Receipts(32)), out _));
        byte[] ofTexts = BundleCodecs.WriteReceipts(proofs);
        ofTexts[0] = 0x10;
        Assert.False(ReceiptBundle.TryRead(ofTexts, out _));
        Assert.False(ReceiptBundle.TryRead([.. BundleCodecs.WriteReceipts(proofs), 0], out _));
    }

    [Fact]
    public void A_bundle_of_thirty_two_takes_a_tenth_of_what_its_envelopes_take()
    {
        const int text = 200, each = 3;
        int alone = 32 * (each + Envelope.SizeOf(text));
        int together = each + Bundle.SizeOf(32, text);
        Assert.Equal((7168, 721), (alone, together));
    }

    private static NodeAddress[] Addresses(int count) =>
        [.. Enumerable.Range(1, count).Select(i => new NodeAddress((ulong)i << 32, (ulong)i * 77))];
}
