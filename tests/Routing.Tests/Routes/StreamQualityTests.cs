using QuicProChat.Mesh.Routing.Routes;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class StreamQualityTests
{
    private static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(2);

    [Fact]
    public void Answers_in_time_cost_nothing_and_need_no_distance_between_writes()
    {
        var quality = new StreamQuality();
        for (int i = 0; i < 100; i++)
            Assert.True(quality.Answered(Usual + TimeSpan.FromMilliseconds(100), Usual));
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero, 0.0), (quality.ExpectedWait, quality.Pace, quality.Tries));
        Assert.False(quality.IsOftenLate);
    }

    [Fact]
    public void Lateness_counts_as_time_outs_of_the_transport_however_long_the_last_one_took()
    {
        var quality = new StreamQuality();
        for (int i = 0; i < 200; i++)
            Assert.False(quality.Answered(2 * Usual + TimeSpan.FromMilliseconds(600), Usual));
        Assert.Equal(3, quality.Tries, 3);

        // Seventeen minutes are no more than a link that gave up.
        quality.Answered(TimeSpan.FromMinutes(17), Usual);
        Assert.InRange(quality.Tries, 3, 3 + 10 / 16.0 + 0.001);
    }

    [Theory]
    [InlineData(0.5, 50, 600)]
    [InlineData(0.8, 600, 2000)]
    public void The_cost_of_a_stream_follows_what_gets_lost_and_stays_where_it_is(
        double loss, double least, double most)
    {
        var random = new Random(7);
        var quality = new StreamQuality();
        var classes = new HashSet<TimeSpan>();
        int changes = 0;
        for (int i = 0; i < 500; i++)
        {
            TimeSpan before = quality.ExpectedWait;
            int tries = Tries() + (loss < 0.6 ? Tries() : 0);
            // Seven time-outs of 0.2 s, and then ever longer ones.
            double timeouts = tries <= 7 ? tries : 7 + 2 * (Math.Pow(2, tries - 7) - 1);
            quality.Answered(Usual + TimeSpan.FromMilliseconds(200) * timeouts, Usual);
            if (i < 32)
                continue;
            classes.Add(quality.ExpectedWait);
            changes += quality.ExpectedWait == before ? 0 : 1;
        }

        Assert.True(quality.IsOftenLate);
        Assert.All(classes, wait => Assert.InRange(wait.TotalMilliseconds, least, most));
        Assert.InRange(changes, 0, 10);

        int Tries()
        {
            int lost = 0;
            while (random.NextDouble() < loss && lost < 13)
                lost++;
            return lost;
        }
    }

    [Fact]
    public void A_link_with_late_answers_counts_as_worse_than_it_looks_until_sixteen_have_come()
    {
        var quality = new StreamQuality();
        TimeSpan late = 2 * Usual + TimeSpan.FromMilliseconds(400);
        for (int i = 0; i < 4; i++)
            quality.Answered(late, Usual);
        Assert.True(quality.IsUncertain);
        Assert.True(quality.ExpectedWait >= TimeSpan.FromMilliseconds(600));
        for (int i = 4; i < 16; i++)
        {
            Assert.True(quality.IsUncertain);
            quality.Answered(late, Usual);
        }

        // Two tries in vain a round trip.
        Assert.False(quality.IsUncertain);
        Assert.Equal(TimeSpan.FromMilliseconds(200), quality.ExpectedWait);
    }

    [Fact]
    public void A_link_that_only_breaks_is_hopeless_and_one_that_broke_once_is_not()
    {
        var quality = new StreamQuality();
        quality.Broke();
        Assert.True(quality.ExpectedWait > TimeSpan.Zero);
        Assert.False(quality.IsHopeless);
        for (int i = 0; i < 10; i++)
            quality.Broke();
        Assert.True(quality.IsHopeless);

        // A link without any late answer before may be cut; that says nothing about what it loses.
        var good = new StreamQuality();
        good.Answered(Usual, Usual);
        good.Broke();
        Assert.Equal(0, good.Tries);
    }

    [Fact]
    public void One_late_answer_of_a_busy_neighbour_puts_no_distance_between_writes_and_a_second_does()
    {
        var quality = new StreamQuality();
        quality.Answered(TimeSpan.FromSeconds(1), Usual);
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (quality.Pace, quality.ExpectedWait));
        quality.Answered(Usual, Usual);
        quality.Answered(TimeSpan.FromSeconds(1), Usual);
        Assert.True(quality.Pace > TimeSpan.Zero);
    }

    [Fact]
    public void What_was_held_up_where_nothing_was_lost_counts_for_nothing_until_it_is_usual()
    {
        var quality = new StreamQuality();
        for (int i = 0; i < 3; i++)
            Assert.False(quality.Answered(TimeSpan.FromSeconds(1), Usual, isOfWay: false));
        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero, 0.0), (quality.Pace, quality.ExpectedWait, quality.Late));
        Assert.False(quality.IsMostlyLate);
        Assert.False(quality.Answered(TimeSpan.FromSeconds(1), Usual, isOfWay: false));
        Assert.True(quality.IsMostlyLate);
        Assert.True(quality.Answered(Usual, Usual, isOfWay: false));
        Assert.False(quality.IsMostlyLate);
        Assert.False(quality.IsUncertain || quality.IsOftenLate);
    }

    [Fact]
    public void Four_late_answers_are_needed_to_know_that_a_link_stalls()
    {
        var quality = new StreamQuality();
        for (int i = 0; i < 3; i++)
            quality.Answered(TimeSpan.FromSeconds(1), Usual);
        Assert.False(quality.IsOftenLate);
        quality.Answered(TimeSpan.FromSeconds(1), Usual);
        Assert.True(quality.IsOftenLate);
    }
}
