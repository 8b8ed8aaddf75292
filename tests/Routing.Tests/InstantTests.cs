namespace QuicProChat.Mesh.Routing.Tests;

public sealed class InstantTests
{
    [Fact]
    public void An_instant_never_overflows_into_the_past()
    {
        Assert.Equal(Instant.Never, Instant.Never + TimeSpan.FromDays(1));
        Assert.Equal(Instant.Never, new Instant(long.MaxValue - 5) + TimeSpan.FromTicks(10));
        Assert.Equal(new Instant(15), new Instant(5) + TimeSpan.FromTicks(10));
        Assert.Equal(new Instant(-5), new Instant(5) + TimeSpan.FromTicks(-10));
        Assert.Equal(TimeSpan.FromTicks(3), new Instant(8) - new Instant(5));
        Assert.Equal(new Instant(5), Instant.Min(new Instant(8), new Instant(5)));
    }
}
