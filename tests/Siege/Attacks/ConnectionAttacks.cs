using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege.Attacks;

/// <summary>A link that is there and no more: it takes a place.</summary>
internal sealed class Idle : LinkAttack
{
    internal override string Name => "idle link";

    internal override TimeSpan Pause => TimeSpan.FromSeconds(1);

    internal override ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop) =>
        ValueTask.CompletedTask;
}

/// <summary>A frame of 65 kB that never ends: its buffer stays.</summary>
internal sealed class UnfinishedFrame : LinkAttack
{
    internal override string Name => "unfinished frame";

    internal override TimeSpan Pause => TimeSpan.FromSeconds(60);

    internal override ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        byte[] most = new byte[Limits.MaxFrame];
        most[0] = 0xFF;
        most[1] = 0xFF;
        most[2] = (byte)FrameKind.Envelope;
        return link.SendRawAsync(most, stop);
    }
}

/// <summary>Asks for what it never reads: what the node would send to it waits.</summary>
internal sealed class Deaf : LinkAttack
{
    internal override string Name => "asks and does not read";

    internal override TimeSpan Pause => TimeSpan.FromMilliseconds(5);

    // Whoever waits here reads no further frame.
    internal override async ValueTask ReceivedAsync(HostileLink link, Raid raid, FrameKind kind, byte[] body) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, link.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    internal override async ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop)
    {
        RouteEntry[] known = [.. raid.Gossip.Routes.Take(Limits.Arbitrary.MaxAnnouncesRequested)];
        byte[] names = new byte[known.Length * Abbreviation.Size];
        for (int i = 0; i < known.Length; i++)
            known[i].Destination.Write(names.AsSpan(i * Abbreviation.Size));
        if (names.Length > 0)
            await link.SendAsync(FrameKind.AnnounceRequest, names, stop);
    }
}
