using QuicProChat.Mesh.Routing.Custody;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody;

public sealed class SeenSetTests
{
    private const ushort Day = 8_640;
    private static readonly EnvelopeId Id = new(0x1122334455667788, 9);
    private static readonly LinkId A = new(0), B = new(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly SeenSet _seen = new(1_000, new HashSecret(new Random(3)));
    private Instant _now = new(TimeSpan.TicksPerDay);

    [Fact]
    public void It_forgets_the_oldest_first()
    {
        for (ulong i = 0; i < 2_500; i++)
            _seen.Note(new EnvelopeId(i, i * 3), -1, Novelty.New, new Copy(0, (int)(i % 60), 10, A), _now, out _);
        Assert.Equal(1_000, _seen.Count);
        Assert.Equal(-1, _seen.Find(new EnvelopeId(1_499, 1_499 * 3)));
        for (ulong i = 1_500; i < 2_500; i++)
        {
            int number = _seen.Find(new EnvelopeId(i, i * 3));
            Assert.Equal(Novelty.Repeat, _seen.Judge(number, new Copy(0, (int)(i % 60), 10, B), _now));
        }
    }

    [Fact]
    public void A_source_that_fills_it_gives_way_to_itself_and_not_to_others()
    {
        for (ulong i = 0; i < 100; i++)
            _seen.Note(new EnvelopeId(i, i), -1, Novelty.New, new Copy(0, 30, Day, B) { Group = 7 }, _now, out _);
        _seen.Note(Id, -1, Novelty.New, new Copy(0, 30, Day, LinkId.None), _now, out _);
        for (ulong i = 1_000; i < 10_000; i++)
            _seen.Note(new EnvelopeId(i, i), -1, Novelty.New, new Copy(0, 30, Day, A) { Group = 9 }, _now, out _);
        Assert.Equal(1_000, _seen.Count);
        Assert.True(_seen.Find(Id) >= 0);
        for (ulong i = 0; i < 100; i++)
            Assert.True(_seen.Find(new EnvelopeId(i, i)) >= 0);
        Assert.Equal(-1, _seen.Find(new EnvelopeId(9_100, 9_100)));
        Assert.True(_seen.Find(new EnvelopeId(9_101, 9_101)) >= 0);

        // Many that come later get as much as the one that was first.
        for (ulong i = 20_000; i < 40_000; i++)
            _seen.Note(new EnvelopeId(i, i), -1, Novelty.New, new Copy(0, 30, Day, A) { Group = i % 4 }, _now, out _);
        Assert.True(_seen.Find(Id) >= 0);
        Assert.InRange(Enumerable.Range(9_000, 1_000)
            .Count(i => _seen.Find(new EnvelopeId((ulong)i, (ulong)i)) >= 0), 100, 400);
    }

    [Fact]
    public void A_copy_that_was_taken_back_or_is_over_for_good_says_so()
    {
        Accept(new Copy(0, 30, Day, A));
        _seen.Void(Id);
        Assert.Equal(Novelty.New, Judge(new Copy(0, 30, Day, A)));
        Accept(new Copy(0, 30, Day, A));
        Assert.Equal(Novelty.Repeat, Judge(new Copy(0, 30, Day, A)));
        _seen.End(Id);
        _now += TimeSpan.FromDays(3);
        Assert.Equal(Novelty.Repeat, Judge(new Copy(3, 0, Day, A)));
        _seen.End(new EnvelopeId(5, 6));
        Assert.Equal(Novelty.Repeat, _seen.Judge(_seen.Find(new EnvelopeId(5, 6)), new Copy(0, 9, 9, A), _now));
    }

    [Theory]
    [InlineData(30, (int)Novelty.Repeat)]
    [InlineData(34, (int)Novelty.Repeat)]
    [InlineData(35, (int)Novelty.Better)]
    [InlineData(29, (int)Novelty.CameRound)]
    [InlineData(0, (int)Novelty.CameRound)]
    public void Hops_tell_what_came_round_from_what_is_doubled(int hops, int novelty)
    {
        Accept(new Copy(0, 30, Day, A));
        foreach (int attempt in new[] { 0, 1, 3 })
            Assert.Equal((Novelty)novelty, Judge(new Copy(attempt, hops, Day, B)));
    }

    [Fact]
    public void After_a_while_the_next_copy_is_new_whatever_it_claims()
    {
        Accept(new Copy(1, 30, Day, A));
        _now += SeenSet.AttemptWindow - Second;
        Assert.Equal(Novelty.Repeat, Judge(new Copy(2, 30, Day, A)));
        _now += Second;
        Assert.Equal(Novelty.Repeat, Judge(new Copy(1, 30, Day, A)));
        Assert.Equal(Novelty.New, Judge(new Copy(0, 30, Day, A)));
        Assert.Equal(Novelty.New, Judge(new Copy(2, 0, 1, A)));
        _now += SeenSet.RepeatWindow;
        Assert.Equal(Novelty.New, Judge(new Copy(1, 30, Day, A)));
    }

    [Theory]
    [InlineData(3, 1, 1)]
    [InlineData(3, 1, Day)]
    [InlineData(1, 63, 1)]
    [InlineData(0, 0, 60_000)]
    [InlineData(2, 20, 7)]
    public void No_copy_with_less_keeps_out_one_with_more_before_or_after_it(int attempt, int hops, int lifetime)
    {
        var poison = new Copy(attempt, hops, (ushort)lifetime, B);
        Accept(poison);
        Assert.Contains(Judge(new Copy(0, 40, Day, A)), new[] { Novelty.New, Novelty.Better });
        Accept(new Copy(0, 40, Day, A));
        for (int wave = 1; wave < 40; wave++)
        {
            _now += TimeSpan.FromSeconds(25);
            if (Judge(poison) != Novelty.Repeat)
                Accept(poison);
            _now += TimeSpan.FromSeconds(5);
            Novelty honest = Judge(new Copy(wave % 4, 40, Day, A));
            Assert.True(honest is Novelty.New or Novelty.Better, $"wave {wave}: {honest}");
            Accept(new Copy(wave % 4, 40, Day, A));
        }
    }

    [Fact]
    public void Copies_that_came_round_put_nothing_off()
    {
        Accept(new Copy(0, 40, Day, A));
        for (int hops = 39; hops > 0; hops--)
        {
            _now += Second / 2;
            Assert.Equal(Novelty.CameRound, Judge(new Copy(1, hops, Day, B)));
            Accept(new Copy(1, hops, Day, B));
            Assert.Equal(Novelty.Repeat, Judge(new Copy(1, hops, Day, B)));
        }

        _now += Second;
        Assert.Equal(Novelty.New, Judge(new Copy(1, 40, Day, A)));
    }

    [Fact]
    public void A_lifetime_is_never_raised_and_one_that_is_about_to_end_ends_nothing_else()
    {
        Accept(new Copy(0, 40, 1, B));
        Assert.Equal((Day, false), LifetimeOf(new Copy(0, 40, Day, A)));
        Accept(new Copy(0, 40, 1_000, A));
        Assert.Equal((999, false), LifetimeOf(new Copy(0, 40, 999, B)));
        Assert.Equal((1_000, true), LifetimeOf(new Copy(0, 40, Day, B)));
        // Rounding on the way is no raise.
        Assert.Equal((1_000, false), LifetimeOf(new Copy(0, 40, 1_004, B)));
        _now += 10_000 * Second - 15 * Second;
        Assert.InRange(LifetimeOf(new Copy(2, 40, 60_000, B)).Units, 1, 2);
        _now += 30 * Second;
        Assert.Equal((0, true), LifetimeOf(new Copy(2, 40, 60_000, B)));
    }

    [Fact]
    public void Many_short_claims_do_not_add_up_to_a_longer_life()
    {
        Accept(new Copy(0, 40, 100, A));
        for (int i = 0; i < 200; i++)
        {
            _now += 25 * Second;
            var copy = new Copy(i % 4, 63, (ushort)(100 + 50 * i), B);
            ushort lifetime = LifetimeOf(copy).Units;
            Assert.InRange(lifetime, 0, Math.Max(0, 100 - 25 * (i + 1) / 10));
            if (lifetime > 0)
                Accept(copy with { LifetimeUnits = lifetime });
        }
    }

    [Fact]
    public void The_way_of_the_copy_that_counts_is_remembered()
    {
        Assert.True(Accept(new Copy(0, 40, Day, A)));
        _seen.NoteSent(_seen.Find(Id), Id, B);
        _seen.NoteSent(_seen.Find(Id), new EnvelopeId(5, 5), A);
        Assert.Equal((A, B, _now, 0), _seen.LastWay(_seen.Find(Id)));
        _now += Second;
        Assert.False(Accept(new Copy(0, 9, Day, B)));
        Assert.Equal((A, B, _now - Second, 0), _seen.LastWay(_seen.Find(Id)));
        _now += TimeSpan.FromMinutes(1);
        Assert.True(Accept(new Copy(1, 40, Day, B)));
        Assert.Equal((B, LinkId.None, _now, 1), _seen.LastWay(_seen.Find(Id)));
    }

    private Novelty Judge(in Copy copy) => _seen.Judge(_seen.Find(Id), copy, _now);

    private bool Accept(in Copy copy)
    {
        int number = _seen.Find(Id);
        _seen.Note(Id, number, _seen.Judge(number, copy, _now), copy, _now, out bool counts);
        return counts;
    }

    private (ushort Units, bool IsCut) LifetimeOf(in Copy copy) =>
        (_seen.LifetimeOf(_seen.Find(Id), copy, _now, out bool isCut), isCut);
}
