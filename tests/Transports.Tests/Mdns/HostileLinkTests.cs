using System.Net;
using QuicProChat.Mesh.Transports.Mdns;

namespace QuicProChat.Mesh.Transports.Tests.Mdns;

/// <summary>Somebody on the link, or beyond it, who means harm.</summary>
public class HostileLinkTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void One_address_tells_of_sixteen_instances_at_most_and_many_addresses_of_512_and_a_newcomer_finds_room()
    {
        var lan = new FakeLan(1);
        FakeLan.Member node = lan.Join();
        node.Dialler.Answer = _ => null;
        for (int i = 0; i < 100; i++)
            lan.Inject("10.9.0.1", Announcement(i, port: 1000 + i));
        Assert.Equal(FoundTable.MaxOfSource, node.Engine.Found.Count);
        for (int i = 0; i < 5000; i++)
            lan.Inject($"10.9.{1 + (i / 250)}.{1 + (i % 250)}", Announcement(1000 + i));
        Assert.Equal(FoundTable.MaxNodes, node.Engine.Found.Count);
        FakeLan.Member honest = lan.Join();
        lan.Run(2 * Second);
        Assert.Contains(node.Engine.Found, f => f.Instance == honest.Own.Name);
        Assert.InRange(node.Dialler.Dialled.Count, 1, DialPlan.MaxDialled);
    }

    [Fact]
    public void After_a_flood_of_made_up_names_an_honest_newcomer_is_dialled_within_seconds_of_a_free_place()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var lan = new FakeLan(seed);
            FakeLan.Member node = lan.Join();
            node.Dialler.Answer = _ => null;
            for (int i = 0; i < 600; i++)
                lan.Inject($"10.9.{1 + (i / 250)}.{1 + (i % 250)}", Announcement(i));
            lan.Run(2 * Second);
            FakeLan.Member honest = lan.Join();
            // The dead ones fail, three a second.
            for (int i = 0; i < 10 && !node.Dialler.Ever.Contains(honest.Uri); i++)
            {
                foreach (string dead in node.Dialler.Dialled.Keys.Take(3).ToArray())
                    node.Dialler.Fail(dead);
                lan.Run(Second);
            }

            Assert.Contains(honest.Uri, node.Dialler.Ever);
        }
    }

    [Fact]
    public void What_is_asked_from_another_port_or_from_beyond_the_link_is_not_answered()
    {
        var lan = new FakeLan(2);
        FakeLan.Member node = lan.Join();
        lan.Run(10 * Second);
        lan.Sent.Clear();
        byte[] question = Question();
        lan.Inject("10.1.7.7", question, port: 40000);
        lan.Inject("192.0.2.1", question);
        lan.Inject("2001:db8::1", question);
        lan.Run(Second);
        Assert.Empty(lan.Sent);
        lan.Inject("10.1.7.7", question);
        lan.Inject("fe80::7%3", question);
        lan.Run(Second);
        Assert.Single(lan.Sent);
        Assert.Equal(3, node.Engine.Counters.Ignored);
    }

    [Fact]
    public void However_often_a_node_is_asked_it_speaks_once_a_second()
    {
        var lan = new FakeLan(3);
        FakeLan.Member node = lan.Join(browses: false);
        lan.Run(10 * Second);
        lan.Sent.Clear();
        for (int i = 0; i < 1000; i++)
        {
            lan.Inject($"10.1.7.{1 + (i % 200)}", Question());
            lan.Run(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(lan.Sent.Count, 8, 11);
        Assert.All(lan.Sent, s => Assert.Same(node, s.By));
    }

    [Fact]
    public void Answers_from_beyond_the_link_or_from_another_port_are_not_taken()
    {
        var lan = new FakeLan(4);
        FakeLan.Member node = lan.Join();
        lan.Inject("192.0.2.1", Announcement(1));
        lan.Inject("2001:db8::1", Announcement(1));
        lan.Inject("10.1.7.7", Announcement(1), port: 40000);
        Assert.Empty(node.Engine.Found);
    }

    [Fact]
    public void An_instance_is_dialled_where_it_was_heard_first_and_not_where_another_says()
    {
        var lan = new FakeLan(5);
        FakeLan.Member node = lan.Join(), honest = lan.Join();
        lan.Run(5 * Second);
        byte[] forged = honest.Own.Write(honest.Describe(tcp: 9), isGoodbye: false, new byte[MdnsWriter.MaxMessage])
            .ToArray();
        lan.Inject("10.1.6.6", forged);
        lan.Run(5 * Second);
        FoundNode found = Assert.Single(node.Engine.Found);
        Assert.Equal(honest.Uri, found.Peer!.ToString());
        Assert.Equal([honest.Uri], node.Dialler.Ever);
    }

    [Fact]
    public void Nobody_is_made_to_dial_an_address_that_did_not_speak_itself()
    {
        // The records of the host name another address; the answer came from elsewhere.
        var lan = new FakeLan(6);
        FakeLan.Member node = lan.Join();
        var liar = new OwnInstance(bytes => new Random(1).NextBytes(bytes), null);
        var victim = new MdnsLink(FakeLan.Index, "eth0", [new LinkAddress(IPAddress.Parse("10.1.99.99"), 8)],
            25, 0, true);
        lan.Inject("10.1.6.6", liar.Write(victim, isGoodbye: false, new byte[MdnsWriter.MaxMessage]).ToArray());
        lan.Run(Second);
        Assert.Equal(["tcp://10.1.6.6:25"], node.Dialler.Ever);
    }

    [Fact]
    public void Lives_of_years_end_after_75_minutes()
    {
        var lan = new FakeLan(7);
        FakeLan.Member node = lan.Join();
        byte[] message = Announcement(1);
        for (int i = 0; i + 4 <= message.Length; i++)
        {
            if (message.AsSpan(i, 4).SequenceEqual(new byte[] { 0, 0, 0x11, 0x94 }))
                message.AsSpan(i, 4).Fill(0x7F);
        }

        lan.Inject("10.1.6.6", message);
        Assert.Single(node.Engine.Found);
        lan.Run(TimeSpan.FromMinutes(76));
        Assert.Empty(node.Engine.Found);
    }

    [Fact]
    public void Whoever_pretends_to_know_everything_keeps_no_node_from_asking()
    {
        // A question each second, with a made-up answer that is known already: RFC 6762, section 7.3 would have us be
        // silent.
        var lan = new FakeLan(8);
        FakeLan.Member node = lan.Join(tcp: 0);
        lan.Run(Second);
        int asked = 0;
        for (int i = 0; i < 120; i++)
        {
            lan.Inject("10.1.6.6", Question(known: $"made-up-{i}"));
            lan.Run(Second);
            asked = lan.Sent.Count;
        }

        Assert.InRange(asked, 6, 30);
        Assert.NotNull(node);
    }

    [Fact]
    public void A_server_is_shown_and_not_dialled()
    {
        var lan = new FakeLan(9);
        FakeLan.Member node = lan.Join();
        byte[] name = [6, .. "praxis"u8, .. ServiceNames.Of(ServiceKind.Server)];
        byte[] buffer = new byte[MdnsWriter.MaxMessage];
        var writer = new MdnsWriter(buffer, isResponse: true);
        _ = writer.TryPointer(ServiceNames.Of(ServiceKind.Server), 120, name);
        _ = writer.TryService(name, 120, 7443, Names.FakeNameServer.Name("host.local"));
        _ = writer.TryTexts(name, 120, [5, .. "ver=1"u8, 13, .. "server=praxis"u8, 14, .. "domain=example"u8]);
        lan.Inject("10.1.6.6", writer.Written.ToArray());
        lan.Run(Second);
        FoundNode found = Assert.Single(node.Engine.Found);
        Assert.Equal((true, "praxis", "example"),
            (found.IsServer, found.Texts!.Value.Server, found.Texts.Value.Domain));
        Assert.Equal("a server: it is not dialled", node.Engine.WhyNot(found));
        Assert.Empty(node.Dialler.Ever);
    }

    private static byte[] Announcement(int seed, int port = FakeLan.Port)
    {
        var made = new OwnInstance(bytes => new Random(seed).NextBytes(bytes), null);
        var link = new MdnsLink(FakeLan.Index, "eth0", [], port, 0, true);
        return made.Write(link, isGoodbye: false, new byte[MdnsWriter.MaxMessage]).ToArray();
    }

    private static byte[] Question(string? known = null)
    {
        byte[] buffer = new byte[MdnsWriter.MaxMessage];
        var writer = new MdnsWriter(buffer, isResponse: false);
        _ = writer.TryAsk(ServiceNames.Of(ServiceKind.Tcp), RecordType.Ptr);
        if (known is not null)
            _ = writer.TryPointer(ServiceNames.Of(ServiceKind.Tcp), 4500,
                [(byte)known.Length, .. System.Text.Encoding.ASCII.GetBytes(known),
                    .. ServiceNames.Of(ServiceKind.Tcp)]);
        return writer.Written.ToArray();
    }
}
