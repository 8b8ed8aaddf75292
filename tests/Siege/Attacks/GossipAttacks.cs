using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege.Attacks;

/// <summary>
/// Proper records of topics that nobody reads, each of them new: they are kept, passed on and written.
/// </summary>
/// <param name="size">Bytes of each.</param>
internal sealed class MadeUpRecords(int size) : LinkAttack
{
    internal override string Name => $"records, {size} B";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(5);

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        byte[] record = new byte[size];
        byte[] payload = new byte[size - GossipRecord.HeaderSize];
        for (int i = 0; i < 20; i++)
        {
            raid.Random.NextBytes(payload);
            // Some name a day that is over, or still to come.
            var day = (ushort)(raid.Random.Next(4) == 0 ? raid.Random.Next(ushort.MaxValue) : 0);
            var topic = new GossipTopic((ulong)raid.Random.NextInt64(), (ulong)raid.Random.NextInt64());
            var recordClass = (GossipClass)raid.Random.Next((int)GossipClass.Channel, (int)GossipClass.Appointment + 1);
            GossipRecord.Write(record, recordClass, day, (byte)raid.Random.Next(1, GossipRecord.MaxHours + 1),
                topic, payload);
            await link.SendAsync(FrameKind.GossipRecord, record, stop);
        }
    }
}

/// <summary>Announces what it does not have, and asks for what others have, again and again.</summary>
internal sealed class HaveAndWant : LinkAttack
{
    internal override string Name => "haves and wants";

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        byte[] have = new byte[GossipHave.SizeOf(GossipHave.MaxIds)];
        raid.Random.NextBytes(have);
        have[0] = (byte)raid.Random.Next(2);
        await link.SendAsync(FrameKind.GossipHave, have, stop);
        GossipId[] heard = [.. raid.Gossip.Records.Take(GossipWant.MaxIds)];
        if (heard.Length == 0)
            return;
        byte[] want = new byte[GossipWant.SizeOf(heard.Length)];
        GossipWant.Write(want, heard, graft: raid.Random.Next(2) == 0);
        await link.SendAsync(FrameKind.GossipWant, want, stop);
    }
}

/// <summary>
/// Sessions of reconciliation without an end: false fingerprints, made-up ids, keys of its own; interests beside them.
/// </summary>
internal sealed class Reconciliations : LinkAttack
{
    private byte _session;

    internal override string Name => "reconciliation";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(10);

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        await link.SendAsync(FrameKind.GossipSync, Message(raid.Random), stop);
        byte[] tags = new byte[GossipInterest.SizeOf(GossipInterest.MaxTags)];
        raid.Random.NextBytes(tags);
        await link.SendAsync(FrameKind.GossipInterest, tags, stop);
    }

    // Goes on with what the node says too: it is told that everything differs.
    internal override ValueTask ReceivedAsync(HostileLink link, Raid raid, FrameKind kind, byte[] body) =>
        kind == FrameKind.GossipSync ? link.SendAsync(FrameKind.GossipSync, Answer(body, raid.Random), link.Ended)
            : ValueTask.CompletedTask;

    private byte[] Message(Random random)
    {
        byte[] key = new byte[GossipSync.KeySize];
        random.NextBytes(key);
        byte[] body = new byte[4000];
        var writer = new GossipSync.Writer(body, _session++, 0, key);
        return body[..Fill(ref writer, random)];
    }

    private static byte[] Answer(byte[] heard, Random random)
    {
        byte[] body = new byte[4000];
        byte round = heard.Length < 2 ? (byte)1 : (byte)Math.Clamp(heard[1] + 1, 1, GossipSync.MaxRounds - 1);
        var writer = new GossipSync.Writer(body, heard.Length > 0 ? heard[0] : (byte)0, round, []);
        return body[..Fill(ref writer, random)];
    }

    private static int Fill(ref GossipSync.Writer writer, Random random)
    {
        for (ulong high = 1; high < 16; high++)
        {
            var upper = new GossipId(high << 60, 0);
            if (random.Next(2) == 0)
            {
                writer.TryAddFingerprint(upper, isLast: false, random.Next(GossipSync.MaxCount),
                    (ulong)random.NextInt64());
                continue;
            }

            GossipId[] ids =
                [.. Enumerable.Range(0, 8)
                    .Select(n => new GossipId(((high - 1) << 60) + (ulong)n, (ulong)random.NextInt64()))];
            writer.TryAddIds(upper, isLast: false, ids);
        }

        return writer.Finish();
    }
}
