using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege.Attacks;

/// <summary>A link that is there and no more: it takes a place.</summary>
internal sealed class Idle : LinkAttack
{
    internal override string Name => "idle link";

    internal override TimeSpan Pause => TimeSpan.FromSeconds(1);

    internal override ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop) => ValueTask.CompletedTask;
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
