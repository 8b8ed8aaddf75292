using QuicProChat.Mesh.Messaging;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

public class SentTimesTests
{
    private static readonly DateTimeOffset Sent = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, false)]
    [InlineData(3600, false)]
    [InlineData(3600 + 119, false)]
    [InlineData(3600 + 121, true)]
    [InlineData(30 * 86_400, true)]
    [InlineData(-86_400, false)]
    public void What_came_after_its_sealed_lifetime_is_late(int secondsAfter, bool late) =>
        Assert.Equal(late, SentTimes.IsLate(Sent, 360, Sent.AddSeconds(secondsAfter)));

    [Fact]
    public void Without_a_clock_on_either_side_or_without_a_lifetime_nothing_is_late()
    {
        Assert.False(SentTimes.IsLate(null, 360, Sent.AddYears(1)));
        Assert.False(SentTimes.IsLate(Sent, 0, Sent.AddYears(1)));
        Assert.False(SentTimes.IsLate(DateTimeOffset.UnixEpoch, 360, DateTimeOffset.UnixEpoch.AddDays(30)));
    }
}
