using System.Net;
using System.Text;
using QuicProChat.Mesh.Transports.Mdns;
using QuicProChat.Mesh.Transports.Names;

namespace QuicProChat.Mesh.Transports.Tests.Mdns;

/// <summary>Messages, as they are written and read, and as nobody should write them.</summary>
public class MdnsMessageTests
{
    private static readonly MdnsLink _link = new(
        3, "eth0", [new LinkAddress(IPAddress.Parse("10.0.0.1"), 24),
            new LinkAddress(IPAddress.Parse("fe80::1%3"), 64)], 4711, 4712, true);

    [Fact]
    public void A_question_is_laid_out_as_in_RFC_6762()
    {
        byte[] buffer = new byte[MdnsWriter.MaxMessage];
        var writer = new MdnsWriter(buffer, isResponse: false);
        Assert.True(writer.TryAsk(ServiceNames.Of(ServiceKind.Tcp), RecordType.Ptr));
        Assert.Equal("0000000000010000000000000" + "95F7170632D6D657368045F746370056C6F63616C00000C0001",
            Convert.ToHexString(writer.Written));
    }

    [Fact]
    public void What_a_node_announces_is_read_back_record_by_record()
    {
        List<(string Name, ushort Type, uint Ttl)> records = Records(Announcement());
        Assert.Equal(
            [
                ("_qpc-mesh._tcp.local", RecordType.Ptr, 4500u),
                ("INSTANCE._qpc-mesh._tcp.local", RecordType.Srv, 4500u),
                ("INSTANCE._qpc-mesh._tcp.local", RecordType.Txt, 4500u),
                ("_services._dns-sd._udp.local", RecordType.Ptr, 4500u),
                ("_qpc-mesh._udp.local", RecordType.Ptr, 4500u),
                ("INSTANCE._qpc-mesh._udp.local", RecordType.Srv, 4500u),
                ("INSTANCE._qpc-mesh._udp.local", RecordType.Txt, 4500u),
                ("_services._dns-sd._udp.local", RecordType.Ptr, 4500u),
                ("HOST.local", RecordType.A, 4500u), ("HOST.local", RecordType.Aaaa, 4500u),
            ],
            records);
        Assert.InRange(Announcement().Length, 100, 700);
    }

    [Fact]
    public void Texts_are_read_whatever_their_order_size_and_number()
    {
        Assert.Equal(new ServiceTexts("1", "ab", null, null), ServiceTexts.Read(ServiceTexts.OfNode("ab")));
        Assert.Equal(new ServiceTexts("1", null, null, null), ServiceTexts.Read(ServiceTexts.OfNode(null)));
        Assert.Equal(
            new ServiceTexts("1", null, "praxis", "example.org"),
            ServiceTexts.Read(Texts("x", "=y", "SERVER=praxis", "ver=1", "domain=example.org", "server=other", "")));
        Assert.Equal(32, ServiceTexts.Read(Texts("server=" + new string('s', 200))).Server!.Length);
        Assert.Equal(new ServiceTexts("", null, null, null), ServiceTexts.Read([200, (byte)'v']));
        Assert.Equal(new ServiceTexts("", null, null, null), ServiceTexts.Read([]));
    }

    [Fact]
    public void A_message_cut_anywhere_or_changed_anywhere_never_throws_and_never_fills_more_than_its_share()
    {
        byte[] whole = Announcement();
        for (int length = 0; length < whole.Length; length++)
            Offer(whole.AsSpan(0, length).ToArray());
        var random = new Random(6762);
        var lan = new FakeLan(1);
        FakeLan.Member node = lan.Join();
        for (int i = 0; i < 100_000; i++)
        {
            byte[] changed = [.. whole];
            for (int n = random.Next(1, 6); n > 0; n--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            lan.Inject($"10.1.{random.Next(200)}.{random.Next(1, 255)}", changed);
        }

        Assert.InRange(node.Engine.Found.Count, 1, FoundTable.MaxNodes);
        Assert.All(node.Engine.Found, f => Assert.InRange(f.Ways.Count, 1, FoundNode.MaxWays));
    }

    [Fact]
    public void Names_that_point_to_themselves_forwards_in_a_circle_or_through_hundreds_of_pointers_are_not_read()
    {
        byte[][] names =
        [
            [0xC0, 12], [0xC0, 14, 0xC0, 12], [0xC0, 200], [0xFF, 0xFF], [0x40, 1, 0], [63, 1, 0],
            [.. Enumerable.Repeat((byte[])[63, .. new byte[63]], 5).SelectMany(l => l), 0],
        ];
        Span<byte> room = stackalloc byte[DnsName.MaxSize];
        foreach (byte[] name in names)
        {
            byte[] message = [.. new byte[12], .. name];
            int at = 12;
            Assert.False(DnsName.TryRead(message, ref at, room, out _), Convert.ToHexString(name));
        }

        // A chain of pointers backwards, each to the one before.
        byte[] chain = [.. new byte[12], 1, (byte)'a', 0, .. Enumerable.Range(0, 400)
            .SelectMany(i => Pointer(i == 0 ? 12 : 15 + 2 * (i - 1)))];
        int near = 15 + 2 * 20, far = 15 + 2 * 399;
        Assert.True(DnsName.TryRead(chain, ref near, room, out int size));
        Assert.Equal(3, size);
        Assert.False(DnsName.TryRead(chain, ref far, room, out _));
    }

    [Fact]
    public void Counts_that_promise_more_than_is_there_and_other_operations_are_not_believed()
    {
        byte[] whole = Announcement();
        Span<byte> name = stackalloc byte[DnsName.MaxSize];
        foreach ((int at, byte value) in new[] { (6, (byte)0xFF), (4, (byte)0xFF), (10, (byte)0xFF),
            (2, (byte)(0x84 | 0x08)), (3, (byte)3) })
        {
            byte[] changed = [.. whole];
            changed[at] = value;
            Assert.False(MdnsReader.TryBegin(changed, name, out _), $"byte {at}");
        }
    }

    private static byte[] Announcement() =>
        new OwnInstance(bytes => new Random(1).NextBytes(bytes), null)
            .Write(_link, isGoodbye: false, new byte[MdnsWriter.MaxMessage]).ToArray();

    private static void Offer(byte[] message)
    {
        var lan = new FakeLan(1);
        FakeLan.Member node = lan.Join();
        lan.Inject("10.1.7.7", message);
        Assert.InRange(node.Engine.Found.Count, 0, 1);
    }

    private static List<(string Name, ushort Type, uint Ttl)> Records(byte[] message)
    {
        Span<byte> name = stackalloc byte[DnsName.MaxSize];
        Assert.True(MdnsReader.TryBegin(message, name, out MdnsReader reader));
        Assert.True(reader.IsResponse);
        Assert.False(reader.TryReadQuestion(out _));
        List<(string, ushort, uint)> records = [];
        while (reader.TryReadRecord(out MdnsRecord record))
            records.Add((Dotted(record.Name), record.Type, record.Ttl));
        return records;
    }

    private static string Dotted(ReadOnlySpan<byte> name)
    {
        List<string> labels = [];
        for (int at = 0; name[at] != 0; at += 1 + name[at])
            labels.Add(Encoding.ASCII.GetString(name.Slice(at + 1, name[at])));
        if (labels[0].Length == 16)
            labels[0] = labels.Count == 2 ? "HOST" : "INSTANCE";
        return string.Join('.', labels);
    }

    private static byte[] Texts(params string[] texts) =>
        [.. texts.SelectMany(t => (byte[])[(byte)t.Length, .. Encoding.UTF8.GetBytes(t)])];

    private static byte[] Pointer(int to) => [(byte)(0xC0 | to >> 8), (byte)to];
}
