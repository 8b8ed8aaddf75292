using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class RouteTimersTests
{
    private readonly RouteTimers _timers = new(hashKey: 0x9E3779B97F4A7C15);

    [Fact]
    public void A_thing_has_one_timer_however_often_it_is_set()
    {
        var timer = new RouteTimer(RouteTimerKind.Starving, 7);
        for (int i = 0; i < 1000; i++)
            _timers.Set(timer, new Instant(1000 - i));
        Assert.Equal((1, new Instant(1)), (_timers.Count, _timers.Next));
        _timers.Set(timer, new Instant(5000));
        Assert.False(_timers.TryTake(new Instant(4999), out _));
        Assert.True(_timers.TryTake(new Instant(5000), out RouteTimer taken));
        Assert.Equal(timer, taken);
        Assert.Equal((0, Instant.Never), (_timers.Count, _timers.Next));
    }

    [Fact]
    public void Timers_of_different_kinds_and_things_do_not_disturb_each_other()
    {
        _timers.Set(new RouteTimer(RouteTimerKind.Starving, 1), new Instant(3));
        _timers.Set(new RouteTimer(RouteTimerKind.Linger, 1), new Instant(2));
        _timers.Set(new RouteTimer(RouteTimerKind.Penalty, 1, new LinkId(2)), new Instant(1));
        _timers.Set(new RouteTimer(RouteTimerKind.Penalty, 2, new LinkId(1)), new Instant(4));
        _timers.Cancel(new RouteTimer(RouteTimerKind.Linger, 1));
        _timers.Cancel(new RouteTimer(RouteTimerKind.Want, new Abbreviation(1)));
        Assert.True(_timers.TryTake(Instant.Never, out RouteTimer first));
        Assert.Equal((RouteTimerKind.Penalty, 1, new LinkId(2)), (first.Kind, first.Number, first.Link));
        Assert.True(_timers.TryTake(Instant.Never, out RouteTimer second));
        Assert.Equal(RouteTimerKind.Starving, second.Kind);
        Assert.True(_timers.TryTake(Instant.Never, out RouteTimer third));
        Assert.Equal((2, new LinkId(1)), (third.Number, third.Link));
        Assert.False(_timers.TryTake(Instant.Never, out _));
    }

    [Fact]
    public void A_timer_set_to_never_is_cancelled()
    {
        var timer = new RouteTimer(RouteTimerKind.Want, new Abbreviation(ulong.MaxValue));
        _timers.Set(timer, new Instant(1));
        _timers.Set(timer, Instant.Never);
        Assert.Equal(0, _timers.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void They_come_in_order_whatever_was_set_moved_and_cancelled(int seed)
    {
        var random = new Random(seed);
        var model = new Dictionary<RouteTimer, long>();
        long now = 0;
        for (int step = 0; step < 20_000; step++)
        {
            var timer = new RouteTimer((RouteTimerKind)random.Next(3), random.Next(200));
            switch (random.Next(4))
            {
                case 0:
                    _timers.Cancel(timer);
                    model.Remove(timer);
                    break;
                case 1:
                    now += random.Next(20);
                    while (_timers.TryTake(new Instant(now), out RouteTimer taken))
                    {
                        Assert.Equal(model.Values.Min(), model[taken]);
                        Assert.True(model.Remove(taken, out long due) && due <= now);
                    }

                    Assert.DoesNotContain(model.Values, due => due <= now);
                    break;
                default:
                    model[timer] = now + random.Next(1, 1000);
                    _timers.Set(timer, new Instant(model[timer]));
                    break;
            }

            Assert.Equal(model.Count, _timers.Count);
        }
    }
}
