namespace QuicProChat.Mesh.Wire.Tests;

public sealed class GossipWireTests
{
    [Theory]
    [InlineData(0x10, 24)]
    [InlineData(0x14, 24)]
    [InlineData(0x21, 24)]
    [InlineData(0x01, 24)]
    [InlineData(0x11, 0)]
    [InlineData(0x11, 169)]
    public void A_record_of_another_version_an_unknown_class_or_a_lifetime_out_of_bounds_is_refused(
        byte first, byte hours)
    {
        byte[] bytes = (byte[])Codec.Named("GossipRecord").Example.Clone();
        (bytes[0], bytes[3]) = (first, hours);
        Assert.False(GossipRecord.TryRead(bytes, out _));
    }

    [Fact]
    public void A_record_has_eight_kibibytes_of_payload_at_most()
    {
        byte[] bytes = new byte[GossipRecord.MaxSize + 1];
        GossipRecord.Write(bytes, GossipClass.Key, 0, 1, default, new byte[GossipRecord.MaxPayload]);
        Assert.True(GossipRecord.TryRead(bytes.AsSpan(0, GossipRecord.MaxSize), out _));
        Assert.False(GossipRecord.TryRead(bytes, out _));
    }

    [Fact]
    public void Announcements_requests_and_interests_have_a_largest_size()
    {
        Assert.True(GossipHave.TryRead(new byte[GossipHave.SizeOf(1024)], out _));
        Assert.False(GossipHave.TryRead(new byte[GossipHave.SizeOf(1025)], out _));
        Assert.True(GossipWant.TryRead(new byte[GossipWant.SizeOf(256)], out _));
        Assert.False(GossipWant.TryRead(new byte[GossipWant.SizeOf(257)], out _));
        Assert.True(GossipInterest.TryRead(new byte[GossipInterest.SizeOf(64)], out _));
        Assert.False(GossipInterest.TryRead(new byte[GossipInterest.SizeOf(65)], out _));
        Assert.False(GossipHave.TryRead([0x02, .. new byte[16]], out _));
        Assert.False(GossipWant.TryRead([0x80, .. new byte[16]], out _));
    }

    [Theory]
    [InlineData("07 03 00", true)]
    [InlineData("07 08 00", false)]
    [InlineData("07 03", false)]
    [InlineData("07 03 20", false)]
    [InlineData("07 03 C0", false)]
    [InlineData("07 03 01 05 00", true)]
    [InlineData("07 03 01 05", false)]
    [InlineData("07 03 02 05 00 00", false)]
    [InlineData("07 03 01 05 01 05 00", false)]
    [InlineData("07 03 01 05 01 04 00", false)]
    [InlineData("07 03 00 00", false)]
    [InlineData("07 03 80 00", true)]
    [InlineData("07 03 80 01", false)]
    [InlineData("07 03 11 00", false)]
    public void Ranges_ascend_end_with_the_last_id_and_have_one_encoding(string hex, bool isValid)
    {
        Assert.Equal(isValid,
            GossipSync.TryRead(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), out _));
    }

    [Fact]
    public void Ids_of_a_range_ascend_and_lie_within_it()
    {
        static bool Reads(params GossipId[] ids)
        {
            byte[] body = new byte[256];
            var writer = new GossipSync.Writer(body, 1, 1, []);
            writer.Skip(new GossipId(2UL << 56, 0), isLast: false);
            Assert.True(writer.TryAddIds(new GossipId(9UL << 56, 0), isLast: false, ids));
            return GossipSync.TryRead(body.AsSpan(0, writer.Finish()), out _);
        }

        GossipId first = new(2UL << 56, 0), second = new(3UL << 56, 1), last = new((9UL << 56) - 1, ulong.MaxValue);
        Assert.True(Reads());
        Assert.True(Reads(first, second, last));
        Assert.False(Reads(first, first));
        Assert.False(Reads(second, first));
        Assert.False(Reads(new GossipId((2UL << 56) - 1, 5)));
        Assert.False(Reads(new GossipId(9UL << 56, 0)));
    }

    [Fact]
    public void A_message_without_room_says_nothing_about_the_rest_and_stays_valid()
    {
        for (int size = 64; size < 400; size++)
        {
            byte[] body = new byte[size];
            var writer = new GossipSync.Writer(body, 1, 2, []);
            int added = 0;
            for (ulong i = 1; i < 30; i++)
            {
                var upper = new GossipId(i << 52 | i, i);
                if (writer.TryAddFingerprint(upper, isLast: false, 1, i))
                    added++;
                else
                    writer.Skip(upper, isLast: false);
            }

            Assert.True(GossipSync.TryRead(body.AsSpan(0, writer.Finish()), out GossipSync sync));
            int read = 0;
            foreach (GossipRange range in sync)
                read += range.Mode == GossipRangeMode.Fingerprint ? 1 : 0;
            Assert.Equal(added, read);
        }
    }
}
