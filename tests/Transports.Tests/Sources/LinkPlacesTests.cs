using System.Net;

namespace QuicProChat.Mesh.Transports.Tests.Sources;

/// <summary>Who gives way to whom; without a clock, the times are given.</summary>
public class LinkPlacesTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Half_of_the_places_are_kept_for_links_that_this_node_chose()
    {
        List<Place> taken = [];
        while (Decide(8, taken, Stranger(taken.Count, 1)) == PlaceAnswer.Room)
            taken.Add(Stranger(taken.Count, 1));
        Assert.Equal(4, taken.Count);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(PlaceAnswer.Room, Decide(8, taken, Chosen(i)));
            taken.Add(Chosen(i));
        }

        Assert.Equal(8, taken.Count);
    }

    [Fact]
    public void What_this_node_chose_takes_places_of_strangers_when_its_own_half_is_full()
    {
        List<Place> taken = [Chosen(0), Chosen(1), Stranger(0, 1), Stranger(1, 1)];
        Assert.Equal(PlaceAnswer.Instead, LinkPlaces.Decide(4, taken.ToArray(), Chosen(2), out int victim));
        Assert.False(taken[victim].Chosen);
        taken = [Chosen(0), Chosen(1), Chosen(2), Chosen(3)];
        Assert.Equal(PlaceAnswer.Full, Decide(4, taken, Chosen(4)));
        Assert.Equal(PlaceAnswer.Full, Decide(4, taken, Stranger(0, 1)));
    }

    [Fact]
    public void A_newcomer_from_elsewhere_takes_the_place_of_the_newest_of_the_fullest_source_at_once()
    {
        List<Place> taken = [];
        for (int i = 0; i < 16; i++)
            taken.Add(Stranger(host: 7, group: 1, known: Second * (20 - i)));
        Assert.Equal(PlaceAnswer.Instead, LinkPlaces.Decide(32, taken.ToArray(), Stranger(0, 2), out int victim));
        Assert.Equal(15, victim);
    }

    [Fact]
    public void One_source_cannot_push_out_another_however_often_it_comes()
    {
        List<Place> taken = [];
        for (int i = 0; i < 15; i++)
            taken.Add(Stranger(7, 1, known: Second));
        taken.Add(Stranger(0, 2, known: Second));
        for (int round = 0; round < 100; round++)
        {
            Place newcomer = Stranger(round, 1);
            if (LinkPlaces.Decide(32, taken.ToArray(), newcomer, out int victim) != PlaceAnswer.Instead)
                continue;
            Assert.Equal(LinkSourceOf(0, 1).Group, taken[victim].Source.Group);
            taken[victim] = newcomer with { Known = TimeSpan.FromMinutes(1), Age = TimeSpan.FromMinutes(1) };
        }

        Assert.Single(taken, p => p.Source.Group == LinkSourceOf(0, 2).Group);
    }

    [Fact]
    public void Within_a_group_of_sources_the_fullest_host_gives_way()
    {
        List<Place> taken = [Stranger(1, 1), Stranger(2, 1), Stranger(2, 1), Stranger(2, 1)];
        Assert.Equal(PlaceAnswer.Instead, LinkPlaces.Decide(8, taken.ToArray(), Stranger(3, 1), out int victim));
        Assert.InRange(victim, 1, 3);
        Assert.Equal(PlaceAnswer.Full, Decide(8, taken, Stranger(2, 1)));
    }

    [Fact]
    public void Among_equal_strangers_nobody_gives_way_before_his_shortest_stay()
    {
        List<Place> taken = [];
        for (int i = 0; i < 4; i++)
            taken.Add(Stranger(i, i, known: LinkPlaces.ShortestStay - Second));
        Assert.Equal(PlaceAnswer.Full, Decide(8, taken, Stranger(9, 9)));
        taken[2] = Stranger(2, 2, known: LinkPlaces.ShortestStay);
        Assert.Equal(PlaceAnswer.Instead, LinkPlaces.Decide(8, taken.ToArray(), Stranger(9, 9), out int victim));
        Assert.Equal(2, victim);
    }

    [Fact]
    public void Half_of_the_strangers_places_stay_with_those_who_are_known_for_longest()
    {
        List<Place> taken = [];
        for (int i = 0; i < 4; i++)
            taken.Add(Stranger(i, 1, known: LinkPlaces.KnownAfter * (i + 1)));
        var gone = new HashSet<int>();
        for (int i = 0; i < 20; i++)
        {
            if (LinkPlaces.Decide(8, taken.ToArray(), Stranger(9, 2 + i), out int victim) != PlaceAnswer.Instead)
                continue;
            gone.Add(victim);
            taken[victim] = Stranger(9, 2 + i, known: LinkPlaces.ShortestStay);
        }

        Assert.Equal([0, 1], gone.Order());
    }

    [Fact]
    public void An_old_acquaintance_goes_before_strangers_of_his_kind()
    {
        List<Place> taken = [];
        for (int i = 0; i < 4; i++)
            taken.Add(Stranger(i, i, known: Second));
        Place back = Stranger(9, 9) with { Known = LinkPlaces.KnownAfter };
        Assert.Equal(PlaceAnswer.Instead, Decide(8, taken, back));
    }

    [Fact]
    public void However_links_come_nobody_counts_twice_and_the_bound_holds()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            Random random = new(seed);
            int most = random.Next(1, 20);
            List<Place> taken = [];
            for (int i = 0; i < 300; i++)
            {
                TimeSpan known = random.Next(3) == 0 ? LinkPlaces.KnownAfter * random.Next(5) : Second
                    * random.Next(30);
                Place newcomer = random.Next(4) == 0 ? Chosen(i) : Stranger(random.Next(3), random.Next(4)) with
                { Known = known };
                PlaceAnswer answer = LinkPlaces.Decide(most, taken.ToArray(), newcomer, out int victim);
                if (answer == PlaceAnswer.Instead)
                {
                    Assert.False(taken[victim].Chosen);
                    taken.RemoveAt(victim);
                }

                if (answer != PlaceAnswer.Full)
                    taken.Add(newcomer with { Age = Second * random.Next(30) });
                Assert.InRange(taken.Count, 0, most);
                Assert.True(newcomer.Chosen == false || answer != PlaceAnswer.Full || taken.TrueForAll(p => p.Chosen));
            }
        }
    }

    private static PlaceAnswer Decide(int most, List<Place> taken, Place newcomer) =>
        LinkPlaces.Decide(most, taken.ToArray(), newcomer, out _);

    private static Place Chosen(int host) =>
        new(LinkSourceOf(host, 100 + host), Chosen: true, TimeSpan.Zero, TimeSpan.Zero);

    private static Place Stranger(int host, int group, TimeSpan known = default) =>
        new(LinkSourceOf(host, group), Chosen: false, known, known);

    private static LinkSource LinkSourceOf(int host, int group) =>
        LinkSource.Of(new IPAddress([10, (byte)(group >> 8), (byte)group, (byte)host]));
}
