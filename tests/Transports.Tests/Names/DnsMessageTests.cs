using System.Net;
using QuicProChat.Mesh.Transports.Names;

namespace QuicProChat.Mesh.Transports.Tests.Names;

/// <summary>Answers of name servers, and of whoever pretends to be one.</summary>
public class DnsMessageTests
{
    private static readonly byte[] _question = DnsMessage.Question(0x1234, "node.example", DnsMessage.TypeA);

    [Fact]
    public void A_question_is_laid_out_as_in_RFC_1035() => Assert.Equal(
        Convert.FromHexString("123401000001000000000000046E6F6465076578616D706C650000010001"), _question);

    [Fact]
    public void Addresses_are_read_also_behind_aliases_in_any_order()
    {
        // node.example is an alias of a.example, which stands first.
        byte[] answer = FakeNameServer.Answer(_question, 0,
            [("a.example", 1, [192, 0, 2, 7]), ("node.example", 5, FakeNameServer.Name("A.EXAMPLE")),
                ("b.example", 1, [192, 0, 2, 9])]);
        var found = new List<IPAddress>();
        Assert.Equal(DnsAnswer.Addresses, DnsMessage.Read(answer, _question, found));
        Assert.Equal([IPAddress.Parse("192.0.2.7")], found);
    }

    [Fact]
    public void Aliases_that_go_round_in_a_circle_are_no_answer()
    {
        byte[] answer = FakeNameServer.Answer(_question, 0,
            [("node.example", 5, FakeNameServer.Name("a.example")),
                ("a.example", 5, FakeNameServer.Name("node.example"))]);
        Assert.Equal(DnsAnswer.None, DnsMessage.Read(answer, _question, []));
    }

    [Theory]
    [InlineData(3, DnsAnswer.NoName)]
    [InlineData(2, DnsAnswer.Failed)]
    [InlineData(5, DnsAnswer.Failed)]
    [InlineData(0x0200, DnsAnswer.Truncated)]
    internal void Codes_are_told_apart(int flags, DnsAnswer expected) =>
        Assert.Equal(expected, DnsMessage.Read(FakeNameServer.Answer(_question, flags, []), _question, []));

    [Fact]
    public void An_answer_to_another_question_is_none()
    {
        foreach ((ushort id, string name, ushort type) in new[]
        {
            ((ushort)0x1235, "node.example", DnsMessage.TypeA), ((ushort)0x1234, "nodf.example", DnsMessage.TypeA),
            ((ushort)0x1234, "node.example", DnsMessage.TypeAaaa),
        })
        {
            byte[] other = FakeNameServer.Answer(DnsMessage.Question(id, name, type), 0,
                [("node.example", 1, [192, 0, 2, 7])]);
            Assert.Equal(DnsAnswer.None, DnsMessage.Read(other, _question, []));
        }

        Assert.Equal(DnsAnswer.None, DnsMessage.Read(_question, _question, []));
    }

    [Fact]
    public void Names_that_point_to_themselves_forwards_or_out_of_the_message_are_no_answer()
    {
        foreach (byte[] pointer in new byte[][] { [0xC0, (byte)_question.Length], [0xC0, 0xFF], [0xFF, 0xFF],
            [0x40, 1], [63] })
        {
            byte[] answer = [.. FakeNameServer.Answer(_question, 0, []), .. pointer, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4,
                192, 0, 2, 7];
            answer[7] = 1;
            Assert.Equal(DnsAnswer.None, DnsMessage.Read(answer, _question, []));
        }
    }

    [Fact]
    public void A_message_with_more_records_than_it_holds_is_no_answer()
    {
        byte[] answer = FakeNameServer.Answer(_question, 0, [("node.example", 1, [192, 0, 2, 7])]);
        answer[6] = answer[7] = 0xFF;
        Assert.Equal(DnsAnswer.None, DnsMessage.Read(answer, _question, []));
    }

    [Fact]
    public void No_more_addresses_are_taken_than_may_be()
    {
        byte[] answer = FakeNameServer.Answer(_question, 0,
            [.. Enumerable.Range(0, 60).Select(i => ("node.example", 1, new byte[] { 192, 0, 2, (byte)i }))]);
        var found = new List<IPAddress>();
        Assert.Equal(DnsAnswer.Addresses, DnsMessage.Read(answer, _question, found));
        Assert.Equal(NameResolver.MaxAddresses, found.Count);
    }

    [Fact]
    public void Bytes_cut_anywhere_or_changed_anywhere_never_throw_and_name_nobody_else()
    {
        byte[] answer = FakeNameServer.Answer(_question, 0,
            [("node.example", 5, FakeNameServer.Name("a.example")), ("a.example", 1, [192, 0, 2, 7]),
                ("a.example", 1, [192, 0, 2, 8])]);
        for (int length = 0; length < answer.Length; length++)
        {
            var found = new List<IPAddress>();
            Assert.NotEqual(DnsAnswer.Addresses, DnsMessage.Read(answer.AsSpan(0, length), _question, found));
        }

        var random = new Random(1035);
        for (int i = 0; i < 200_000; i++)
        {
            byte[] changed = [.. answer];
            for (int n = random.Next(1, 5); n > 0; n--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            var found = new List<IPAddress>();
            _ = DnsMessage.Read(changed, _question, found);
            Assert.True(found.Count <= NameResolver.MaxAddresses);
        }
    }
}
