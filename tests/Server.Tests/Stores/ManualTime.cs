namespace QuicProChat.Mesh.Server.Tests.Stores;

/// <summary>A clock that a test sets.</summary>
internal sealed class ManualTime : TimeProvider
{
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    internal void Advance(TimeSpan by) => _now += by;
}
