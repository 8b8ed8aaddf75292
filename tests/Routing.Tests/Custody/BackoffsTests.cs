using QuicProChat.Mesh.Routing.Custody;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

public sealed class BackoffsTests
{
    private static readonly LinkId A = new(0), B = new(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly Backoffs _backoffs = new(new Random(1), capacity: 64);
    private Instant _now = new(TimeSpan.TicksPerDay);

    [Fact]
    public void A_refusal_counts_for_its_destination_link_and_epoch_only()
    {
        Assert.True(Note(5, A, Refusal.NoSpace));
        Assert.True(IsLeftAlone(5, A));
        Assert.False(IsLeftAlone(6, A));
        Assert.False(IsLeftAlone(5, B));
        Assert.False(_backoffs.IsLeftAlone(5, A, epoch: 2, size: 100, _now, out _));
        Assert.True(_backoffs.Any(5));
        Assert.False(_backoffs.Any(6));
    }

    [Theory]
    [InlineData((int)Refusal.NoSpace, 0.5, 60)]
    [InlineData((int)Refusal.Silent, 5, 300)]
    public void The_wait_doubles_up_to_its_longest(int refusal, double first, double longest)
    {
        double[] waits =
            [.. Enumerable.Range(0, 12)
                .Select(failures => Backoffs.WaitAfter((Refusal)refusal, Math.Min(failures, 10)).TotalSeconds)];
        Assert.Equal(first, waits[0]);
        Assert.Equal(2 * first, waits[1]);
        Assert.Equal(longest, waits[^1]);
        Assert.Equal(waits.Order(), waits);
    }

    [Fact]
    public void Answers_to_what_was_under_way_together_are_one_refusal()
    {
        Assert.True(Note(1, A, Refusal.NoWayOn));
        for (int i = 0; i < 50; i++)
            Assert.False(Note(1, A, Refusal.NoWayOn));
        _now += Second;
        Assert.False(IsLeftAlone(1, A));
    }

    [Fact]
    public void After_a_refusal_one_asks_and_the_rest_wait_for_its_answer()
    {
        Note(1, A, Refusal.NoSpace);
        _now += Second;
        Assert.False(IsLeftAlone(1, A));
        _backoffs.Probed(1, A, 100, _now);
        Assert.True(IsLeftAlone(1, A));
        // No answer at all: another one asks later.
        _now += Second;
        Assert.False(IsLeftAlone(1, A));

        _backoffs.Probed(1, A, 100, _now);
        Assert.True(Note(1, A, Refusal.NoSpace));
        _now += Second / 2;
        Assert.True(IsLeftAlone(1, A));
        _now += Second;
        _backoffs.Probed(1, A, 100, _now);
        Assert.True(_backoffs.Forget(1, A, 100));
        Assert.False(IsLeftAlone(1, A));
        Assert.Equal(0, _backoffs.Count);
    }

    [Fact]
    public void Later_is_borne_three_times_and_then_it_is_a_refusal()
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.False(Note(1, A, Refusal.TooFast));
            Assert.False(IsLeftAlone(1, A));
            // Those that were under way together.
            Assert.False(Note(1, A, Refusal.TooFast));
            _now += Second;
        }

        Assert.True(Note(1, A, Refusal.TooFast));
        Assert.True(_backoffs.IsLeftAlone(1, A, 1, 100, _now, out Refusal why));
        Assert.Equal(Refusal.TooFast, why);
    }

    [Fact]
    public void A_neighbour_that_takes_something_in_between_may_say_later_as_often_as_it_likes()
    {
        for (int i = 0; i < 100; i++)
        {
            Assert.False(Note(1, A, Refusal.TooFast));
            _now += Second;
            Assert.False(Note(1, A, Refusal.TooFast));
            _backoffs.Forget(1, A, 100);
        }
    }

    [Fact]
    public void A_link_that_said_later_to_all_others_need_not_say_it_again()
    {
        Assert.True(_backoffs.Note(1, A, epoch: 1, Refusal.TooFast, size: 100, pauses: 4, _now));
    }

    [Fact]
    public void Too_large_holds_for_that_size_and_above_and_a_small_one_that_is_taken_does_not_change_that()
    {
        Assert.False(_backoffs.Note(1, A, 1, Refusal.TooLarge, size: 5_000, pauses: 0, _now));
        Assert.False(_backoffs.IsLeftAlone(1, A, 1, 4_999, _now, out _));
        Assert.True(_backoffs.IsLeftAlone(1, A, 1, 5_000, _now, out Refusal why));
        Assert.Equal(Refusal.TooLarge, why);
        Assert.False(_backoffs.Forget(1, A, 4_000));
        Assert.True(_backoffs.IsLeftAlone(1, A, 1, 6_000, _now, out _));
        _now += TimeSpan.FromMinutes(12);
        Assert.False(_backoffs.IsLeftAlone(1, A, 1, 6_000, _now, out _));
        Assert.True(_backoffs.Forget(1, A, 6_000));
    }

    [Fact]
    public void The_first_end_of_all_waits_is_when_to_look_again()
    {
        Assert.Equal(Instant.Never, _backoffs.EarliestRetry(1, _now));
        Note(1, A, Refusal.Silent);
        Note(1, B, Refusal.NoSpace);
        Assert.InRange(_backoffs.EarliestRetry(1, _now) - _now, Second / 2, Second);
        _now += Second;
        Assert.InRange(_backoffs.EarliestRetry(1, _now) - _now, 4 * Second, 5 * Second);
    }

    [Fact]
    public void There_are_never_more_records_than_allowed_and_destinations_clear_theirs()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            int destination = random.Next(40);
            var link = new LinkId(random.Next(10));
            switch (random.Next(6))
            {
                case 0:
                    _backoffs.Clear(destination);
                    Assert.False(_backoffs.Any(destination));
                    break;
                case 1:
                    _backoffs.Forget(destination, link, 100);
                    Assert.False(IsLeftAlone(destination, link));
                    break;
                default:
                    Note(destination, link, Refusal.NoSpace);
                    Assert.True(IsLeftAlone(destination, link));
                    break;
            }

            Assert.InRange(_backoffs.Count, 0, 64);
        }

        for (int i = 0; i < 40; i++)
            _backoffs.Clear(i);
        Assert.Equal(0, _backoffs.Count);
    }

    private bool Note(int destination, LinkId link, Refusal refusal) =>
        _backoffs.Note(destination, link, epoch: 1, refusal, size: 100, pauses: 0, _now);

    private bool IsLeftAlone(int destination, LinkId link) =>
        _backoffs.IsLeftAlone(destination, link, epoch: 1, size: 100, _now, out _);
}
