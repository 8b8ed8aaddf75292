using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege.Attacks;

/// <summary>
/// Two entries of its own address, told in turn: each pair once made a timer that stayed for an hour.
/// </summary>
internal sealed class Flapping : LinkAttack
{
    private const int Entries = 2000;
    private ushort _sequence;

    internal override string Name => "flapping";

    internal override TimeSpan Pause => TimeSpan.Zero;

    internal override ValueTask BeginAsync(HostileLink link, Raid raid, CancellationToken stop) =>
        link.SendAsync(FrameKind.Announce, raid.Mask.Announce(1), stop);

    internal override ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        var self = Abbreviation.Of(raid.Mask.Identity.Address);
        var entries = new List<RouteEntry>(Entries);
        for (int i = 0; i < Entries; i += 2)
        {
            entries.Add(new RouteEntry(self, _sequence, Metric.Zero));
            entries.Add(new RouteEntry(self, (ushort)(_sequence + 1), Metric.FromTime(TimeSpan.FromSeconds(10))));
        }

        _sequence += (ushort)raid.Random.Next(2);
        return link.TellAsync(entries, stop);
    }
}

/// <summary>Thousands of destinations that do not exist.</summary>
internal sealed class MadeUpNames : LinkAttack
{
    internal override string Name => "made-up names";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(5);

    internal override ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        var entries = new List<RouteEntry>(Limits.Arbitrary.MaxRoutesInUpdate);
        Span<byte> name = stackalloc byte[Abbreviation.Size];
        for (int i = 0; i < Limits.Arbitrary.MaxRoutesInUpdate; i++)
        {
            raid.Random.NextBytes(name);
            entries.Add(new RouteEntry(Abbreviation.Read(name), (ushort)raid.Random.Next(),
                new Metric((ushort)raid.Random.Next(10, 0xFFFF))));
        }

        return link.TellAsync(entries, stop);
    }
}

/// <summary>Its own announce, again and again, with sequences old, new and leaping.</summary>
internal sealed class Announces : LinkAttack
{
    private byte[][] _announces = [];
    private int _next;

    internal override string Name => "announces";

    internal override TimeSpan Pause => TimeSpan.Zero;

    internal override ValueTask BeginAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        _announces = [.. new uint[] { 1, 2, 40_000, 2, uint.MaxValue }.Select(raid.Mask.Announce)];
        return ValueTask.CompletedTask;
    }

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        for (int i = 0; i < 100; i++)
        {
            byte[] announce = [.. _announces[_next++ % _announces.Length]];
            if (raid.Random.Next(4) == 0)
                announce[^1] ^= 1;
            await link.SendAsync(FrameKind.Announce, announce, stop);
        }
    }
}

/// <summary>Asks for announces and paths, known and unknown, with and without fresh sequences.</summary>
internal sealed class Requests : LinkAttack
{
    internal override string Name => "requests";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(2);

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        RouteEntry[] known = [.. raid.Gossip.Routes];
        byte[] names = new byte[Limits.Arbitrary.MaxAnnouncesRequested * Abbreviation.Size];
        raid.Random.NextBytes(names);
        for (int i = 0; i < Limits.Arbitrary.MaxAnnouncesRequested && known.Length > 0; i += 2)
            known[raid.Random.Next(known.Length)].Destination.Write(names.AsSpan(i * Abbreviation.Size));
        await link.SendAsync(FrameKind.AnnounceRequest, names, stop);
        for (int i = 0; i < 20; i++)
        {
            byte[] body = new byte[PathRequest.Size];
            var name = Abbreviation.Read(names.AsSpan(i * Abbreviation.Size));
            new PathRequest((byte)raid.Random.Next(256), (ushort)raid.Random.Next(), raid.Random.Next(2)
                == 0, name, raid.Random.Next(2) == 0)
                .Write(body);
            await link.SendAsync(FrameKind.PathRequest, body, stop);
        }
    }
}

/// <summary>Claims to be next to everybody, and answers what it so attracts in one way only.</summary>
/// <param name="code">What it says to every envelope; null for nothing at all.</param>
internal sealed class Attractor(CustodyCode? code) : LinkAttack
{
    private static readonly Metric _best = Metric.FromTime(TimeSpan.FromMilliseconds(1));

    internal override string Name => code is { } said ? $"attracts, says {said}" : "attracts, says nothing";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(500);

    internal override ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop) =>
        link.TellAsync([.. raid.Gossip.Routes.Take(Limits.Arbitrary.MaxRoutesInUpdate)
            .Select(e => e with { Metric = _best })], stop);

    internal override ValueTask ReceivedAsync(HostileLink link, Raid raid, FrameKind kind, byte[] body)
    {
        if (code is not { } said || kind != FrameKind.Envelope || !Envelope.TryRead(body, out Envelope envelope))
            return ValueTask.CompletedTask;
        byte[] answer = new byte[2 + sizeof(ulong)];
        new CustodyAck.Writer(answer).TryAdd(
            said, CustodyAnswer.NameOf(envelope.ComputeId(), envelope.Header.Attempt, envelope.Header.HopsLeft));
        return link.SendAsync(FrameKind.CustodyAck, answer, link.Ended);
    }
}

/// <summary>Raises the sequences of others, which nobody signed.</summary>
internal sealed class UnsignedSequences : LinkAttack
{
    private ushort _more;

    internal override string Name => "unsigned sequences";

    internal override ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        _more += 1000;
        return link.TellAsync(
            [.. raid.Gossip.Routes.Take(Limits.Arbitrary.MaxRoutesInUpdate)
                .Select(e => e with { Sequence = (ushort)(e.Sequence + _more), Metric = new Metric(10) })],
            stop);
    }
}
