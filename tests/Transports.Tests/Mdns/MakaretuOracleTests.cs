using System.Net;
using Makaretu.Dns;
using QuicProChat.Mesh.Transports.Mdns;

namespace QuicProChat.Mesh.Transports.Tests.Mdns;

/// <summary>Another implementation of DNS messages reads what this one writes, and the other way round.</summary>
public class MakaretuOracleTests
{
    [Fact]
    public void What_a_node_announces_is_read_by_another_implementation()
    {
        var own = new OwnInstance(bytes => new Random(1).NextBytes(bytes), null);
        var link = new MdnsLink(
            3, "eth0", [new LinkAddress(IPAddress.Parse("10.0.0.1"), 24),
                new LinkAddress(IPAddress.Parse("fe80::1"), 64)], 4711, 4712, true);
        var read = new Message();
        read.Read(own.Write(link, isGoodbye: false, new byte[MdnsWriter.MaxMessage]).ToArray());

        Assert.True(read.IsResponse && read.AA);
        Assert.Equal(
            [$"{own.Name}._qpc-mesh._tcp.local", "_qpc-mesh._tcp.local", $"{own.Name}._qpc-mesh._udp.local",
                "_qpc-mesh._udp.local"],
            read.Answers.OfType<PTRRecord>().Select(p => p.DomainName.ToString()));
        Assert.Equal([4711, 4712], read.Answers.OfType<SRVRecord>().Select(s => (int)s.Port));
        Assert.All(read.Answers.OfType<TXTRecord>(), t => Assert.Equal(["v=1"], t.Strings));
        Assert.Equal(["10.0.0.1", "fe80::1"], read.Answers.OfType<AddressRecord>().Select(a => a.Address.ToString()));
        Assert.All(read.Answers, a => Assert.Equal(TimeSpan.FromSeconds(4500), a.TTL));
        // The highest bit of the class: there is no other such record.
        Assert.All(read.Answers, a => Assert.Equal(a is PTRRecord ? 1 : 0x8001, (int)a.Class));
    }

    [Fact]
    public void What_another_implementation_writes_with_compressed_names_is_found()
    {
        var message = new Message { QR = true, AA = true };
        const string service = "_qpc-mesh._tcp.local";
        for (int i = 0; i < 5; i++)
        {
            string instance = $"Node number {i}.{service}".Replace(" ", "\\032", StringComparison.Ordinal);
            message.Answers.Add(
                new PTRRecord { Name = service, DomainName = instance, TTL = TimeSpan.FromMinutes(75) });
            message.AdditionalRecords.Add(
                new SRVRecord { Name = instance, Port = (ushort)(5000 + i), Target = "host.local" });
            message.AdditionalRecords.Add(new TXTRecord { Name = instance, Strings = ["v=1", "other=x"] });
        }

        byte[] bytes = message.ToByteArray();
        var lan = new FakeLan(1);
        FakeLan.Member node = lan.Join();
        lan.Inject("10.1.6.6", bytes);
        Assert.Equal(
            Enumerable.Range(0, 5).Select(i => ($"Node number {i}", $"tcp://10.1.6.6:{5000 + i}", "1")),
            node.Engine.Found.Select(f => (f.Instance, f.Peer!.ToString(), f.Texts!.Value.Version)));
    }

    [Fact]
    public void A_question_of_another_implementation_is_answered_and_one_that_knows_the_answer_is_not()
    {
        var lan = new FakeLan(2);
        FakeLan.Member node = lan.Join(browses: false);
        lan.Run(TimeSpan.FromSeconds(10));
        foreach (bool knows in new[] { false, true })
        {
            lan.Sent.Clear();
            var question = new Message();
            question.Questions.Add(new Question { Name = "_QPC-mesh._tcp.local", Type = DnsType.PTR });
            if (knows)
                question.Answers.Add(
                    new PTRRecord
                    {
                        Name = "_qpc-mesh._tcp.local",
                        DomainName = $"{node.Own.Name}._qpc-mesh._tcp.local",
                        TTL = TimeSpan.FromSeconds(4000)
                    });
            lan.Inject("10.1.6.6", question.ToByteArray());
            lan.Run(TimeSpan.FromSeconds(2));
            Assert.Equal(knows ? 0 : 1, lan.Sent.Count);
        }
    }
}
