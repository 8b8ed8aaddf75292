using System.Runtime.CompilerServices;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing.Routes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Routes;

public sealed class DistanceTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_agrees_with_a_dictionary_while_neighbours_come_and_go(int seed)
    {
        const int destinations = 300;
        var random = new Random(seed);
        var table = new DistanceTable();
        var columns = new List<int>();
        var heard = new Dictionary<(int Column, int Destination), Distance>();
        var told = new Dictionary<(int Column, int Destination), Distance>();
        for (int step = 0; step < 30_000; step++)
        {
            int choice = random.Next(200);
            if (choice == 0 || columns.Count == 0)
            {
                int column = table.AddColumn();
                Assert.DoesNotContain(column, columns);
                columns.Add(column);
            }
            else if (choice <= 2)
            {
                int column = columns[random.Next(columns.Count)];
                columns.Remove(column);
                table.RemoveColumn(column);
                foreach (int destination in Enumerable.Range(0, destinations))
                {
                    heard.Remove((column, destination));
                    told.Remove((column, destination));
                }
            }
            else
            {
                (int, int) key = (columns[random.Next(columns.Count)], random.Next(destinations));
                var distance = random.Next(3) == 0 ? Distance.None
                    : new Distance((ushort)random.Next(), new Metric((ushort)random.Next(0xFFFF)));
                if (choice % 2 == 0)
                    table.SetHeard(key.Item1, key.Item2, heard[key] = distance);
                else
                    table.SetTold(key.Item1, key.Item2, told[key] = distance);
            }

            if (step % 50 != 0)
                continue;
            foreach (int column in columns)
            {
                for (int destination = 0; destination < destinations; destination++)
                {
                    Assert.Equal(heard.GetValueOrDefault((column, destination)), table.Heard(column, destination));
                    Assert.Equal(told.GetValueOrDefault((column, destination)), table.Told(column, destination));
                }
            }
        }
    }

    [Fact]
    public void Nothing_is_kept_for_what_was_never_said_and_for_neighbours_that_are_gone()
    {
        var table = new DistanceTable();
        int[] columns = [.. Enumerable.Range(0, 8).Select(_ => table.AddColumn())];
        table.SetHeard(columns[0], 5_000, Distance.None);
        Assert.Equal(0, table.Bytes);
        Assert.Equal(Distance.None, table.Heard(columns[7], int.MaxValue));
        table.SetTold(columns[0], 5_000, Distance.Unknown);
        Assert.Equal(64 * 8 * 8, table.Bytes);
        for (int i = 7; i >= 5; i--)
            table.RemoveColumn(columns[i]);
        Assert.Equal(8, table.Columns);
        table.RemoveColumn(columns[4]);
        Assert.Equal(4, table.Columns);
        Assert.Equal(64 * 4 * 8, table.Bytes);
        Assert.Equal(Distance.Unknown, table.Told(columns[0], 5_000));
        for (int i = 3; i >= 0; i--)
            table.RemoveColumn(columns[i]);
        Assert.Equal(0, table.Bytes);
        Assert.Equal(0, table.AddColumn());
        Assert.Equal(Distance.None, table.Told(0, 5_000));
    }

    [Fact]
    public void A_neighbour_that_is_gone_cannot_write_where_another_took_its_place()
    {
        var distance = new Distance(1, new Metric(100));
        var table = new DistanceTable();
        Neighbour stays = Make(table, 0);
        Neighbour gone = Make(table, 1);
        gone.SetHeard(7, distance);
        gone.ForgetDistances();
        gone.ForgetDistances();
        Neighbour next = Make(table, 2);
        gone.SetHeard(7, distance);
        gone.SetTold(7, distance);
        foreach (Neighbour neighbour in (Neighbour[])[stays, gone, next])
        {
            Assert.Equal(Distance.None, neighbour.Heard(7));
            Assert.Equal(Distance.None, neighbour.Told(7));
        }

        next.SetTold(7, distance);
        Assert.Equal(distance, next.Told(7));
        Assert.Equal(Distance.None, stays.Told(7));
    }

    [Fact]
    public void A_known_node_takes_thirty_two_bytes() => Assert.Equal(32, Unsafe.SizeOf<Destination>());

    [Fact]
    public void A_place_is_in_use_from_the_moment_it_has_a_link_or_none()
    {
        Destination place = default;
        Assert.False(place.InUse);
        foreach (short link in (short[])[Destination.NoLink, 0, 1, short.MaxValue])
        {
            place = new Destination { Selected = link };
            Assert.True(place.InUse);
            Assert.Equal(link, place.Selected);
        }
    }

    private static Neighbour Make(DistanceTable table, int link)
    {
        var description = new LinkDescription(new NodeAddress((ulong)link + 1, 0), new byte[32], LinkProperties.Stream,
            (ulong)link, Outbound: true);
        return new Neighbour(new LinkId(link), description, null, table, default) { Quality = new StreamQuality() };
    }
}
