namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>The wire types of gossip under test.</summary>
internal static class GossipCodecs
{
    // Before the codecs: they are made of it.
    private static readonly GossipId[] Ids =
        [new(0x0102030405060708, 0x090A0B0C0D0E0F10), new(0x1112131415161718, 0x191A1B1C1D1E1F20)];

    public static readonly Codec[] All =
    [
        new("GossipRecord", WriteRecord(), DecodeRecord, RecodeRecord, cut => cut >= GossipRecord.HeaderSize),
        new("GossipHave", WriteHave(), DecodeHave, RecodeHave, cut => cut == 17),
        new("GossipWant", WriteWant(), DecodeWant, RecodeWant, cut => cut == 17),
        new("GossipInterest", WriteInterest(), DecodeInterest, RecodeInterest, cut => cut is 0 or 8),
        new("GossipSync", WriteSync(), DecodeSync, RecodeSync, _ => false),
        new("GossipSyncAnswer", WriteAnswer(), DecodeSync, RecodeSync, _ => false),
    ];

    private static byte[] WriteRecord()
    {
        byte[] bytes = new byte[GossipRecord.SizeOf(4)];
        var topic = new GossipTopic(0xA0A1A2A3A4A5A6A7, 0xA8A9AAABACADAEAF);
        Assert.Equal(bytes.Length,
            GossipRecord.Write(bytes, GossipClass.Channel, 20_786, 24, topic, [0xDE, 0xAD, 0xBE, 0xEF]));
        return bytes;
    }

    private static bool DecodeRecord(ReadOnlySpan<byte> bytes) =>
        GossipRecord.TryRead(bytes, out GossipRecord record) && record.Topic.Tag >= 0 && record.Payload.Length >= 0
        && (record.BornDay | record.Hours) > 0 && GossipId.Of(bytes).High >= 0;

    private static byte[]? RecodeRecord(ReadOnlySpan<byte> bytes)
    {
        if (!GossipRecord.TryRead(bytes, out GossipRecord record))
            return null;
        byte[] copy = new byte[bytes.Length];
        GossipRecord.Write(copy, record.Class, record.BornDay, record.Hours, record.Topic, record.Payload);
        return copy;
    }

    private static byte[] WriteHave()
    {
        byte[] body = new byte[GossipHave.SizeOf(2)];
        Assert.Equal(body.Length, GossipHave.Write(body, Ids, askAtOnce: true));
        return body;
    }

    private static bool DecodeHave(ReadOnlySpan<byte> bytes)
    {
        if (!GossipHave.TryRead(bytes, out GossipHave have))
            return false;
        ulong all = have.AskAtOnce ? 1UL : 0;
        for (int i = 0; i < have.Count; i++)
            all |= have[i].Low;
        return all >= 0;
    }

    private static byte[]? RecodeHave(ReadOnlySpan<byte> bytes)
    {
        if (!GossipHave.TryRead(bytes, out GossipHave have))
            return null;
        var ids = new GossipId[have.Count];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = have[i];
        byte[] body = new byte[GossipHave.SizeOf(ids.Length)];
        GossipHave.Write(body, ids, have.AskAtOnce);
        return body;
    }

    private static byte[] WriteWant()
    {
        byte[] body = new byte[GossipWant.SizeOf(2)];
        Assert.Equal(body.Length, GossipWant.Write(body, Ids, graft: true));
        return body;
    }

    private static bool DecodeWant(ReadOnlySpan<byte> bytes)
    {
        if (!GossipWant.TryRead(bytes, out GossipWant want))
            return false;
        ulong all = want.Graft ? 1UL : 0;
        for (int i = 0; i < want.Count; i++)
            all |= want[i].Low;
        return all >= 0;
    }

    private static byte[]? RecodeWant(ReadOnlySpan<byte> bytes)
    {
        if (!GossipWant.TryRead(bytes, out GossipWant want))
            return null;
        var ids = new GossipId[want.Count];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = want[i];
        byte[] body = new byte[GossipWant.SizeOf(ids.Length)];
        GossipWant.Write(body, ids, want.Graft);
        return body;
    }

    private static byte[] WriteInterest()
    {
        byte[] body = new byte[GossipInterest.SizeOf(2)];
        Assert.Equal(body.Length, GossipInterest.Write(body, [0xA0A1A2A3A4A5A6A7, 0xB0B1B2B3B4B5B6B7]));
        return body;
    }

    private static bool DecodeInterest(ReadOnlySpan<byte> bytes)
    {
        if (!GossipInterest.TryRead(bytes, out GossipInterest interest))
            return false;
        ulong all = 0;
        for (int i = 0; i < interest.Count; i++)
            all |= interest[i];
        return all >= 0;
    }

    private static byte[]? RecodeInterest(ReadOnlySpan<byte> bytes)
    {
        if (!GossipInterest.TryRead(bytes, out GossipInterest interest))
            return null;
        ulong[] tags = new ulong[interest.Count];
        for (int i = 0; i < tags.Length; i++)
            tags[i] = interest[i];
        byte[] body = new byte[GossipInterest.SizeOf(tags.Length)];
        GossipInterest.Write(body, tags);
        return body;
    }

    // The first message of a session: everything in one fingerprint.
    private static byte[] WriteSync()
    {
        byte[] body = new byte[128];
        byte[] key = [.. Enumerable.Range(0, GossipSync.KeySize).Select(i => (byte)i)];
        var writer = new GossipSync.Writer(body, 7, 0, key);
        Assert.True(writer.TryAddFingerprint(default, isLast: true, 5000, 0x1122334455667788));
        return body[..writer.Finish()];
    }

    // A later one: two ranges of which nothing is said, a fingerprint, a list, and the rest.
    private static byte[] WriteAnswer()
    {
        byte[] body = new byte[256];
        var writer = new GossipSync.Writer(body, 7, 3, []);
        writer.Skip(new GossipId(0x0080000000000000, 0), isLast: false);
        writer.Skip(new GossipId(0x0100000000000000, 0), isLast: false);
        Assert.True(writer.TryAddFingerprint(new GossipId(0x0102000000000000, 0), isLast: false, 20,
            0x1122334455667788));
        Assert.True(writer.TryAddIds(new GossipId(0x2000000000000000, 0), isLast: false, Ids));
        return body[..writer.Finish()];
    }

    private static bool DecodeSync(ReadOnlySpan<byte> bytes)
    {
        if (!GossipSync.TryRead(bytes, out GossipSync sync))
            return false;
        ulong all = (ulong)(sync.Session + sync.Round + sync.Key.Length);
        foreach (GossipRange range in sync)
        {
            all |= range.Sum;
            for (int i = 0; range.Mode == GossipRangeMode.Ids && i < range.Count; i++)
                all |= range[i].Low;
        }

        return all >= 0;
    }

    // Ranges that a writer would have joined come out joined, so what is written is read and written once more.
    private static byte[]? RecodeSync(ReadOnlySpan<byte> bytes)
    {
        if (!GossipSync.TryRead(bytes, out GossipSync sync))
            return null;
        byte[] body = new byte[bytes.Length + 256];
        var writer = new GossipSync.Writer(body, sync.Session, sync.Round, sync.Key);
        foreach (GossipRange range in sync)
        {
            var ids = new GossipId[range.Ids.Length / GossipId.Size];
            for (int i = 0; i < ids.Length; i++)
                ids[i] = range[i];
            switch (range.Mode)
            {
                case GossipRangeMode.Fingerprint:
                    Assert.True(writer.TryAddFingerprint(range.Upper, range.IsLast, range.Count, range.Sum));
                    break;
                case GossipRangeMode.Ids:
                    Assert.True(writer.TryAddIds(range.Upper, range.IsLast, ids));
                    break;
                default:
                    writer.Skip(range.Upper, range.IsLast);
                    break;
            }
        }

        return body[..writer.Finish()];
    }
}
