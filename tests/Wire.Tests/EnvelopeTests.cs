using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire.Tests;

public sealed class EnvelopeTests
{
    [Fact]
    public void Every_header_value_survives_the_wire()
    {
        // A conversation on a server travels in no envelope; 0x1F below is its kind.
        foreach (EnvelopeKind kind in Enum.GetValues<EnvelopeKind>().Where(k => k != EnvelopeKind.Server))
            foreach (Priority priority in Enum.GetValues<Priority>())
                for (byte attempt = 0; attempt <= Limits.MaxAttempt; attempt++)
                {
                    var header = new EnvelopeHeader(kind, priority, attempt % 2 == 0, attempt, 64, 0xFFFF,
                        Codec.Destination);
                    Assert.True(EnvelopeHeader.TryRead(Codec.WriteEnvelope(header, []), out EnvelopeHeader read));
                    Assert.Equal(header, read);
                }
    }

    [Theory]
    [InlineData(0, 0x00)]
    [InlineData(0, 0x20)]
    [InlineData(0, 0x17)]
    [InlineData(0, 0x1F)]
    [InlineData(1, 0x08)]
    public void Another_version_an_unknown_kind_or_a_reserved_flag_is_refused(int at, byte value)
    {
        byte[] bytes = Codec.Named("Envelope").Example.ToArray();
        bytes[at] = value;
        Assert.False(Envelope.TryRead(bytes, out _));
    }

    [Theory]
    [InlineData(0, 0x00, 0x00)]
    [InlineData(63, 0x00, 0x3F)]
    [InlineData(256, 0x40, 0x00)]
    [InlineData(1023, 0xC0, 0xFF)]
    public void Hops_take_ten_bits_in_two_bytes(int hops, byte flags, byte low)
    {
        byte[] bytes = Codec.Named("Envelope").Example.ToArray();
        byte others = (byte)(bytes[1] & 0x3F);
        EnvelopeHeader.Restamp(bytes, Codec.ExampleHeader.Attempt, (ushort)hops, Codec.ExampleHeader.LifetimeUnits);
        Assert.Equal((others | flags, low), (bytes[1], bytes[2]));
        Assert.True(EnvelopeHeader.TryRead(bytes, out EnvelopeHeader header));
        Assert.Equal(Codec.ExampleHeader with { HopsLeft = (ushort)hops }, header);
        byte[] written = new byte[EnvelopeHeader.Size];
        header.Write(written);
        Assert.Equal(bytes[..EnvelopeHeader.Size], written);
    }

    [Fact]
    public void The_id_ignores_what_relays_change_and_nothing_else()
    {
        byte[] bytes = Codec.Named("Envelope").Example.ToArray();
        EnvelopeId id = Id(bytes);
        EnvelopeHeader.Restamp(bytes, attempt: 3, hopsLeft: 1, lifetimeUnits: 9);
        Assert.Equal(id, Id(bytes));
        Assert.True(EnvelopeHeader.TryRead(bytes, out EnvelopeHeader header));
        Assert.Equal(Codec.ExampleHeader with { Attempt = 3, HopsLeft = 1, LifetimeUnits = 9 }, header);

        int changed = 0;
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bool mutable = bit / 8 is >= 2 and < 5 || (bit / 8 == 1 && bit % 8 >= 4);
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            if (Envelope.TryRead(bytes, out Envelope envelope))
            {
                Assert.Equal(mutable, envelope.ComputeId() == id);
                changed++;
            }

            bytes[bit / 8] ^= (byte)(1 << bit % 8);
        }

        Assert.True(changed > 160);
    }

    [Fact]
    public void The_id_is_blake2b_of_the_immutable_fields_at_any_payload_size()
    {
        byte[] payload = new byte[Limits.MaxPayload];
        new Random(8).NextBytes(payload);
        foreach (int size in new[] { 0, 1, 109, 110, 111, 127, 128, 129, 256, Limits.MaxPayload })
        {
            byte[] bytes = Codec.WriteEnvelope(Codec.ExampleHeader, payload.AsSpan(0, size));
            byte[] covered = [bytes[0], (byte)(bytes[1] & 0x0F), .. bytes[5..]];
            byte[] digest = new byte[EnvelopeId.Size];
            Blake2b.Hash(covered, digest);
            Assert.Equal(EnvelopeId.Read(digest), Id(bytes));
        }
    }

    [Fact]
    public void An_envelope_larger_than_a_frame_can_hold_is_refused()
    {
        byte[] bytes = Codec.WriteEnvelope(Codec.ExampleHeader, new byte[Limits.MaxPayload + 1]);
        Assert.False(Envelope.TryRead(bytes, out _));
        Assert.True(Envelope.TryRead(bytes.AsSpan(0, Limits.MaxEnvelope), out _));
    }

    [Fact]
    public void A_receipt_envelope_keeps_its_budget()
    {
        Assert.InRange(Receipt.EnvelopeSize, 1, 48);
        Assert.Equal(Receipt.EnvelopeSize,
            Codec.WriteEnvelope(Codec.ExampleHeader, Codec.Named("Receipt").Example).Length);
    }

    [Fact]
    public void A_receipt_matches_only_its_own_message_and_key()
    {
        byte[] key = new byte[32], proof = new byte[Receipt.ProofSize], other = new byte[Receipt.ProofSize];
        var id = new EnvelopeId(1, 2);
        Receipt.ComputeProof(key, id, proof);
        Assert.True(Receipt.Matches(proof, proof.ToArray()));
        Receipt.ComputeProof(key, new EnvelopeId(1, 3), other);
        Assert.False(Receipt.Matches(proof, other));
        key[31] = 1;
        Receipt.ComputeProof(key, id, other);
        Assert.False(Receipt.Matches(proof, other));
        Assert.False(Receipt.Matches(proof, proof.AsSpan(0, 23)));
        Assert.False(Receipt.Matches([], []));
    }

    [Fact]
    public void A_content_says_when_it_was_written_or_that_nobody_knows()
    {
        var moment = new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);
        Assert.Equal(moment, SealedContent.FromTime(SealedContent.ToTime(moment)));
        Assert.Equal(0u, SealedContent.ToTime(DateTimeOffset.UnixEpoch));
        Assert.Equal(0u, SealedContent.ToTime(DateTimeOffset.MaxValue));
        Assert.Null(SealedContent.FromTime(0));
    }

    [Fact]
    public void What_a_person_wrote_is_told_from_a_payload_of_another_type()
    {
        byte[] bytes = Codec.Named("SealedContent").Example.ToArray();
        Assert.True(SealedContent.TryRead(bytes, out SealedContent content));
        Assert.True(content.TryGetContent(out ReadOnlySpan<byte> said));
        Assert.Equal("grüß dich"u8, said);
        bytes[0] = 0xC3;
        Assert.True(SealedContent.TryRead(bytes, out SealedContent unknown));
        Assert.False(unknown.TryGetContent(out _));
        Assert.Equal((ContentType)3, unknown.Type);
    }

    [Fact]
    public void Padding_comes_off_whole_and_what_is_not_padded_properly_is_no_content()
    {
        Assert.True(SealedContent.TryRead(Codec.Named("SealedContentPadded").Example, out SealedContent content));
        Assert.Equal(ContentType.Padded, content.Type);
        Assert.True(content.TryGetContent(out ReadOnlySpan<byte> said));
        Assert.Equal("grüß dich"u8, said);
        foreach (string wrong in (string[])["", "80", "00", "8000", "61", "6100", "618001", "000000"])
            Assert.False(ContentPadding.TryRemove(Convert.FromHexString(wrong), out _), wrong);
        // What ends like padding itself keeps that.
        byte[] tricky = [0x61, 0x80, 0, 0], space = new byte[ContentPadding.SizeOf(4, 7)];
        tricky.CopyTo(space, 0);
        ContentPadding.Write(space, 4);
        Assert.True(ContentPadding.TryRemove(space, out ReadOnlySpan<byte> back));
        Assert.Equal(tricky, back);
    }

    [Fact]
    public void Sizes_of_sealed_messages_are_few_and_cost_an_eighth_at_most_on_average()
    {
        const int before = 7;
        var sizes = new HashSet<int>();
        for (int size = 1; size <= 32 << 10; size++)
        {
            int padded = ContentPadding.SizeOf(size, before);
            Assert.InRange(padded, size + 1, size + Math.Max(32, size / 16 + 16));
            sizes.Add(padded);
        }

        Assert.InRange(sizes.Count, 50, 120);
        // Assumed lengths of what people write, in bytes: mostly a line or two, seldom a letter.
        int[] texts = [10, 17, 24, 31, 40, 50, 63, 82, 115, 160, 400, 1500];
        const int around = 21 + 96 + before;
        double cost = texts.Average(t => (ContentPadding.SizeOf(t, before) - t) / (double)(around + t));
        Assert.InRange(cost, 0, 0.12);
    }

    [Fact]
    public void A_lifetime_is_sealed_in_units_rounded_up_and_never_as_zero()
    {
        Assert.Equal(1, SealedContent.ToLifetime(TimeSpan.Zero));
        Assert.Equal(2, SealedContent.ToLifetime(TimeSpan.FromSeconds(11)));
        Assert.Equal(ushort.MaxValue, SealedContent.ToLifetime(TimeSpan.FromDays(30)));
        byte[] bytes = Codec.Named("SealedContent").Example.ToArray();
        Assert.True(SealedContent.TryRead(bytes, out SealedContent content));
        Assert.Equal(8640, content.LifetimeUnits);
        (bytes[5], bytes[6]) = (0, 0);
        Assert.False(SealedContent.TryRead(bytes, out _));
        Assert.True(SealedContent.TryRead(Codec.Named("SealedContentWithoutLifetime").Example,
            out SealedContent without));
        Assert.Equal(0, without.LifetimeUnits);
    }

    private static EnvelopeId Id(ReadOnlySpan<byte> bytes)
    {
        Assert.True(Envelope.TryRead(bytes, out Envelope envelope));
        return envelope.ComputeId();
    }
}
