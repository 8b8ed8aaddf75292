using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Channels;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Tests.Channels;

/// <summary>In which period a node without a clock writes, whatever free identities say.</summary>
public sealed class ChannelSendersTests
{
    private const ushort Day = 20_786, FarAway = 60_000;
    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);
    private readonly ChannelSenders _senders = new();
    private readonly uint[] _numbers = new uint[2000];
    private Instant _now = new(TimeSpan.TicksPerDay);

    [Fact]
    public void Nobody_leads_far_away_who_has_not_more_identities_than_there_are_writers()
    {
        Assert.Null(_senders.PeriodAt(_now));
        Write(1, 0);
        Assert.Null(_senders.PeriodAt(_now));
        foreach (int honest in (int[])[1, 2, 3])
            Write(honest, Day);
        Write(10, FarAway);
        Write(11, FarAway);
        Assert.Equal(Day, _senders.PeriodAt(_now));
        Write(12, 1);
        Write(13, 1);
        Assert.Equal(Day, _senders.PeriodAt(_now));
    }

    [Fact]
    public void Of_two_strangers_the_earlier_period_counts_and_of_one_the_only()
    {
        Write(1, Day);
        Assert.Equal(Day, _senders.PeriodAt(_now));
        Write(10, FarAway);
        Assert.Equal(Day, _senders.PeriodAt(_now));
    }

    [Theory]
    [InlineData(FarAway)]
    [InlineData(1)]
    public void However_many_say_something_else_the_period_moves_by_a_few_days_in_a_day(ushort wrong)
    {
        for (int honest = 1; honest <= 3; honest++)
            Write(honest, Day);
        Assert.Equal(Day, _senders.PeriodAt(_now));
        for (int liar = 100; liar < 1000; liar++)
            Write(liar, wrong);
        for (int asked = 0; asked < 100; asked++)
            Assert.InRange(_senders.PeriodAt(_now)!.Value, Day - 3, Day + 3);
        _now += OneDay;
        for (int asked = 0; asked < 100; asked++)
            Assert.InRange(_senders.PeriodAt(_now)!.Value, Day - 7, Day + 7);
    }

    [Fact]
    public void Where_somebody_writes_whom_the_owner_knows_strangers_have_no_say()
    {
        for (int liar = 100; liar < 120; liar++)
            Write(liar, FarAway);
        Assert.Equal(FarAway, _senders.PeriodAt(_now));
        Write(1, Day, isKnown: true);
        Assert.Equal(Day, _senders.PeriodAt(_now));
        for (int liar = 100; liar < 1500; liar++)
            Write(liar, FarAway);
        Assert.Equal(Day, _senders.PeriodAt(_now));
        // Nor is that led away by the clock of a friend that went wrong, and a message with the right day sets it
        // right.
        Write(1, FarAway, isKnown: true);
        Assert.Equal(Day + 3, _senders.PeriodAt(_now)!.Value);
        Write(1, Day, isKnown: true);
        Assert.Equal(Day, _senders.PeriodAt(_now));
    }

    [Fact]
    public void Time_goes_on_with_those_who_write()
    {
        for (int day = 0; day < 100; day++, _now += OneDay)
        {
            for (int honest = 1; honest <= 5; honest++)
                Write(honest, (ushort)(Day + day));
            Assert.Equal(Day + day, _senders.PeriodAt(_now)!.Value);
        }
    }

    private void Write(int who, ushort period, bool isKnown = false) =>
        _senders.Note(new NodeAddress((ulong)who, 1), new byte[32], isKnown, period, ++_numbers[who]);
}
