using System.Text;
using QuicProChat.Mesh.Transports.Mdns;

namespace QuicProChat.Mesh.Transports.Tests.Mdns;

/// <summary>Nodes on one link, under simulated time.</summary>
public class EngineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly byte[] _key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly byte[] _otherKey = [.. Enumerable.Range(2, 32).Select(i => (byte)i)];

    [Fact]
    public void Two_nodes_dial_each_other_within_a_third_of_a_second()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var lan = new FakeLan(seed);
            FakeLan.Member one = lan.Join(), two = lan.Join();
            lan.Run(Second / 3);
            Assert.Equal([two.Uri], one.Dialler.Ever);
            Assert.Equal([one.Uri], two.Dialler.Ever);
        }
    }

    [Fact]
    public void Where_a_quarter_of_all_messages_is_lost_they_find_each_other_all_the_same()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var lan = new FakeLan(seed, loss: 0.25);
            FakeLan.Member one = lan.Join(), two = lan.Join();
            lan.Run(120 * Second);
            Assert.Contains(two.Uri, one.Dialler.Ever);
            Assert.Contains(one.Uri, two.Dialler.Ever);
        }
    }

    [Fact]
    public void At_rest_a_link_of_three_hears_a_handful_of_messages_an_hour_and_everybody_stays_known()
    {
        var lan = new FakeLan(7);
        for (int i = 0; i < 3; i++)
            lan.Join();
        lan.Run(TimeSpan.FromMinutes(10));
        lan.Sent.Clear();
        lan.Run(TimeSpan.FromHours(24));
        Assert.InRange(lan.Sent.Count, 24, 24 * 20);
        Assert.All(lan.Members, m => Assert.Equal(2, m.Engine.Found.Count));
        Assert.All(lan.Members, m => Assert.All(m.Engine.Found, f => Assert.Equal(FoundState.Linked, f.State)));
        // The second start of a dial would show here.
        Assert.All(lan.Members, m => Assert.Equal(2, m.Dialler.Ever.Count));
    }

    [Fact]
    public void Three_hundred_nodes_that_start_together_make_a_connected_mesh_with_bounded_traffic()
    {
        var lan = new FakeLan(300);
        for (int i = 0; i < 300; i++)
            lan.Join();
        lan.Run(30 * Second);
        Assert.All(lan.Members, m => Assert.Equal(DialPlan.MaxDialled, m.Dialler.Dialled.Count));
        Assert.All(lan.Members, m => Assert.Equal(299, m.Engine.Found.Count));
        Assert.All(lan.Members,
            m => Assert.Contains(m.Engine.Found, f => m.Engine.WhyNot(f) == "8 found nodes are dialled already"));
        Assert.Equal(300, Reached(lan).Count);
        // Each speaks of itself once a second at most, and asks ever less often, most of them never after the first
        // time.
        Assert.InRange(lan.Sent.GroupBy(s => (s.By, (long)(s.At / Second))).Max(g => g.Count()), 1, 4);
        Assert.InRange(lan.Sent.Count, 600, 300 * 12);
        lan.Sent.Clear();
        lan.Run(TimeSpan.FromHours(2));
        Assert.InRange(lan.Sent.Count, 6, 300 * 20);
        Assert.All(lan.Members, m => Assert.Equal(299, m.Engine.Found.Count));
    }

    [Fact]
    public void Whoever_says_goodbye_is_forgotten_and_dialled_no_more()
    {
        var lan = new FakeLan(1);
        FakeLan.Member one = lan.Join(), two = lan.Join();
        lan.Run(5 * Second);
        two.Engine.SayGoodbye(two);
        Assert.Empty(one.Engine.Found);
        Assert.Empty(one.Dialler.Dialled);
    }

    [Fact]
    public void A_goodbye_in_the_name_of_another_changes_nothing()
    {
        var lan = new FakeLan(1);
        FakeLan.Member one = lan.Join(), two = lan.Join();
        lan.Run(5 * Second);
        byte[] buffer = new byte[MdnsWriter.MaxMessage];
        byte[] goodbye = two.Own.Write(two.Describe(), isGoodbye: true, buffer).ToArray();
        lan.Inject("10.1.9.9", goodbye);
        Assert.Single(one.Engine.Found);
    }

    [Fact]
    public void Who_went_without_a_word_is_forgotten_in_75_minutes_and_at_once_when_it_is_back()
    {
        var lan = new FakeLan(2);
        FakeLan.Member one = lan.Join();
        FakeLan.Member two = lan.Join();
        lan.Run(5 * Second);
        lan.Kill(two);
        lan.Run(TimeSpan.FromMinutes(76));
        Assert.Empty(one.Engine.Found);

        FakeLan.Member three = lan.Join();
        lan.Run(5 * Second);
        string first = Assert.Single(one.Engine.Found).Instance;
        lan.Kill(three);
        // The same place under another name, as a process that was killed comes back.
        var again = new OwnInstance(bytes => new Random(9).NextBytes(bytes), null);
        lan.Inject(three.Address.ToString(),
            again.Write(three.Describe(), isGoodbye: false, new byte[MdnsWriter.MaxMessage]).ToArray());
        Assert.NotEqual(first, Assert.Single(one.Engine.Found).Instance);
    }

    [Theory]
    [InlineData(true, true, null)]
    [InlineData(true, false, "it is in another closed network")]
    [InlineData(false, true, "it is in a closed network, and this node has no network key")]
    public void Only_nodes_of_the_same_network_are_dialled_and_for_others_it_is_said_why(
        bool isClosed, bool isSame, string? why)
    {
        var lan = new FakeLan(3);
        FakeLan.Member one = lan.Join(isClosed ? _key : null), two = lan.Join(isSame ? _key : _otherKey);
        lan.Run(5 * Second);
        Assert.Equal(why, one.Engine.WhyNot(Assert.Single(one.Engine.Found)));
        Assert.Equal(why is null ? [two.Uri] : [], one.Dialler.Ever);
        if (!isClosed)
            Assert.Equal("it is in no closed network, and this node is",
                two.Engine.WhyNot(Assert.Single(two.Engine.Found)));
    }

    [Fact]
    public void A_tag_depends_on_the_key_and_the_name_and_the_same_network_shows_another_one_at_each_start()
    {
        using var tag = new NetworkTag(_key);
        using var same = new NetworkTag(_key);
        using var other = new NetworkTag(_otherKey);
        Assert.Equal(tag.Of("0123456789abcdef"), same.Of("0123456789ABCDEF"));
        Assert.NotEqual(tag.Of("0123456789abcdef"), tag.Of("0123456789abcdee"));
        Assert.NotEqual(tag.Of("0123456789abcdef"), other.Of("0123456789abcdef"));
        Assert.Equal(2 * NetworkTag.Size, tag.Of("x").Length);
    }

    [Fact]
    public void What_is_announced_names_neither_the_node_nor_its_network()
    {
        var lan = new FakeLan(4);
        FakeLan.Member one = lan.Join(_key);
        lan.Run(5 * Second);
        // HKDF of the key as the Hello shows it.
        using var network = new NetworkKey(_key);
        string id = Convert.ToHexStringLower(network.Id);
        Assert.NotEmpty(lan.Sent);
        Assert.All(lan.Sent,
            s => Assert.DoesNotContain(id, Encoding.Latin1.GetString(s.Message), StringComparison.Ordinal));
        Assert.Matches("^[0-9a-f]{16}$", one.Own.Name);
    }

    [Fact]
    public void A_node_that_only_browses_says_nothing_of_itself_and_one_that_only_announces_asks_nothing()
    {
        var lan = new FakeLan(5);
        FakeLan.Member browser = lan.Join(tcp: 0), speaker = lan.Join(browses: false);
        lan.Run(60 * Second);
        Assert.Equal([speaker.Uri], browser.Dialler.Ever);
        Assert.Empty(speaker.Engine.Found);
        Assert.All(lan.Sent, s => Assert.Equal(s.By == speaker, (s.Message[2] & 0x80) != 0));
    }

    [Fact]
    public void Both_ways_of_a_node_are_dialled_as_one_peer_QUIC_first()
    {
        var lan = new FakeLan(6);
        FakeLan.Member one = lan.Join(), two = lan.Join(quic: 4712);
        lan.Run(5 * Second);
        Assert.Equal([$"quic://{two.Address}:4712,{two.Uri}"], one.Dialler.Ever);
    }

    [Fact]
    public void Who_cannot_be_reached_gives_its_place_to_another_and_is_tried_again_later()
    {
        var lan = new FakeLan(8);
        FakeLan.Member one = lan.Join();
        one.Dialler.Answer = _ => null;
        for (int i = 0; i < 10; i++)
            lan.Join(browses: false);
        lan.Run(5 * Second);
        Assert.Equal(8, one.Dialler.Dialled.Count);
        foreach (string peer in one.Dialler.Dialled.Keys.ToArray())
            one.Dialler.Fail(peer);
        lan.Run(5 * Second);
        Assert.Equal(10, one.Dialler.Ever.Count);
        Assert.Equal(2, one.Dialler.Dialled.Count);
        Assert.Equal(8, one.Engine.Found.Count(f => one.Engine.WhyNot(f) == "nobody there"));
        lan.Run(DialPlan.RetryAfter + TimeSpan.FromMinutes(1));
        Assert.Equal(8, one.Dialler.Dialled.Count);
    }

    [Fact]
    public void Another_port_is_announced_and_the_old_one_taken_back()
    {
        var lan = new FakeLan(10);
        FakeLan.Member one = lan.Join(), two = lan.Join();
        lan.Run(5 * Second);
        two.Engine.SetLinks([two.Describe(tcp: 5000)], two, lan.Now);
        lan.Run(5 * Second);
        Assert.Equal([$"tcp://{two.Address}:5000"], one.Dialler.Dialled.Keys);
    }

    [Fact]
    public void A_link_that_went_takes_what_was_found_on_it_along()
    {
        var lan = new FakeLan(11);
        FakeLan.Member one = lan.Join();
        lan.Join();
        lan.Run(5 * Second);
        one.Engine.SetLinks([], one, lan.Now);
        Assert.Empty(one.Engine.Found);
        Assert.Empty(one.Dialler.Dialled);
    }

    private static HashSet<string> Reached(FakeLan lan)
    {
        var next = new Dictionary<string, List<string>>();
        foreach (FakeLan.Member member in lan.Members)
        {
            foreach (string peer in member.Dialler.Dialled.Keys)
            {
                Neighbours(member.Uri).Add(peer);
                Neighbours(peer).Add(member.Uri);
            }
        }

        var reached = new HashSet<string> { lan.Members[0].Uri };
        var open = new Queue<string>(reached);
        while (open.TryDequeue(out string? at))
        {
            foreach (string peer in Neighbours(at).Where(reached.Add))
                open.Enqueue(peer);
        }

        return reached;

        List<string> Neighbours(string uri) => next.TryGetValue(uri, out List<string>? list) ? list : next[uri] = [];
    }
}
