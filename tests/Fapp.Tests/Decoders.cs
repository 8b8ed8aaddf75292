using QuicProChat.Mesh.Fapp.Queries;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>
/// Every decoder of the appointments, each with an example, and what writes again what it read; null for what it
/// refuses.
/// </summary>
internal static class Decoders
{
    internal static readonly Dictionary<string, (byte[] Example, Func<byte[], byte[]?> Recode)> All = new()
    {
        ["announce"] = (Bodies.Announce.Encode(), b => SlotAnnounce.TryRead(b)?.Encode()),
        ["full announce"] = (Full().Encode(), b => SlotAnnounce.TryRead(b)?.Encode()),
        ["reserve"] = (Reserve(), RecodeReserve),
        ["filter"] = (Filter().Encode(), b => SlotFilter.TryRead(b)?.Encode()),
        ["answers"] = (Answers(), b => SlotConfirm.TryRead(b, out _) ? b : null),
        ["answer"] = (Entry(), b => b.Length == SlotAnswerEntry.Size && SlotAnswerEntry.TryRead(b) is { } e
            ? Write(e) : null),
        ["query"] = (Query(new SlotQuery { Filter = Filter() }), b => SlotQuery.TryRead(b) is { } q ? Query(q) : null),
        ["query for answers"] = (
            Query(new SlotQuery { Author = Bodies.RequestKey, Place = 3, First = 0x9A }), b => SlotQuery.TryRead(b)
                is { } q ? Query(q) : null),
        ["response"] = (new SlotResponse([Record(), Record()], 2).Encode(), b => SlotResponse.TryRead(b) is { } r
            ? r.Encode() : null),
        ["record"] = (Record(), b => GossipRecord.TryRead(b, out GossipRecord g)
            && FappRecord.TryRead(g, out FappRecord r) && r.Verify() ? b : null),
    };

    private static SlotAnnounce Full() => Bodies.Announce with
    {
        Attestation = [.. Enumerable.Range(1, 16).Select(i => (byte)i)],
        Link = "https://example.org/linde",
        Wishes = Wishes.Pin | Wishes.Refuses,
        Slots = Many(40),
    };

    internal static Slot[] Many(int count) => [.. Enumerable.Range(1, count).Select(i => new Slot(
        new SlotId((uint)i), 3_628_860 + (uint)i * 60, 50, Phase.Probatorik, Setting.Single, Modality.Video,
        FollowUp.Yes))];

    private static SlotReserve ReserveOf() => new()
    {
        Verb = SlotVerb.Reserve,
        Slot = new SlotId(9),
        Flags = SlotFlags.AskFirst | SlotFlags.AsksForPlace,
        Effort = 123456,
        Pin = "4711",
        Note = "Rückruf abends",
        Person = [.. Enumerable.Range(1, 15).Select(i => (byte)i)],
        Of = new RequestId(1, 2),
        Proof = new byte[16],
    };

    private static byte[] Reserve() => RecodeReserve(WriteReserve(ReserveOf()))!;

    private static byte[]? RecodeReserve(byte[] bytes) => SlotReserve.TryRead(bytes) is { } read
        ? WriteReserve(read) : null;

    private static byte[] WriteReserve(SlotReserve reserve)
    {
        byte[] bytes = new byte[SlotReserve.Size];
        reserve.Write(bytes);
        return bytes;
    }

    private static SlotFilter Filter() => new()
    {
        Prefix = "04",
        Near = Bodies.Plz("04109"),
        Within = 20,
        Procedures = Procedures.VT,
        Payers = Payers.GKV,
        Modalities = 2,
        Phases = 4,
        Settings = 2,
        From = 5,
        To = 9_000_000,
        Language = "de",
        Accessibility = Accessibility.Lift,
        Ages = AgeGroups.Adults,
        Level = Level.List,
    };

    private static byte[] Query(SlotQuery query)
    {
        byte[] bytes = new byte[SlotQuery.Size];
        Assert.True(query.TryWrite(bytes));
        return bytes;
    }

    private static byte[] Answers()
    {
        byte[] body = new byte[SlotConfirm.SizeOf(32)];
        SlotConfirm.WriteHead(body, 2, 3);
        return body;
    }

    private static byte[] Entry() =>
        Write(new SlotAnswerEntry(SlotAnswer.Refused, new SlotId(7), 99,
            [.. Enumerable.Range(1, 15).Select(i => (byte)i)]));

    private static byte[] Write(SlotAnswerEntry entry)
    {
        byte[] bytes = new byte[SlotAnswerEntry.Size];
        entry.Write(bytes);
        return bytes;
    }

    private static byte[] Record()
    {
        using LocalIdentity practice = LocalIdentity.FromSeed(new byte[32]);
        return FappRecord.Create(practice, FappRecordType.Announce, new Region(4), 0, 1, 20786,
            Bodies.Announce.Encode());
    }
}
