using System.Net;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>
/// Addresses, ports and URIs as operators write them, and nothing that a lenient parser makes of something else.
/// </summary>
public class IpTextTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("192.0.2.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("2001:DB8::a")]
    [InlineData("::ffff:192.0.2.1")]
    [InlineData("fe80::1%3")]
    [InlineData("fe80::1%no-such-if")]
    public void Proper_addresses_are_read(string text)
    {
        Assert.True(IpText.TryParse(text, out IPAddress address));
        Assert.Equal(IPAddress.Parse(text), address);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("4711")]
    [InlineData("1.2")]
    [InlineData("127.1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.")]
    [InlineData(".1.2.3")]
    [InlineData("1.2.3.4 ")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.0256")]
    [InlineData("010.0.0.1")]
    [InlineData("1.2.3.00")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("0x7f000001")]
    [InlineData("+1.2.3.4")]
    [InlineData("1.2.3.4\n")]
    [InlineData("１.2.3.4")]
    [InlineData("[::1]")]
    [InlineData("::1/64")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1::2::3")]
    [InlineData("12345::")]
    [InlineData("::ffff:010.0.0.1")]
    [InlineData("::ffff:1.2")]
    [InlineData("::1%lo")]
    [InlineData("fe80::1%")]
    [InlineData("fe80::1%a b")]
    [InlineData("fe80::1%a%b")]
    [InlineData("fe80::1%a-name-that-is-too-long")]
    public void Anything_else_is_no_address(string text) => Assert.False(IpText.TryParse(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("80", 80)]
    [InlineData("65535", 65535)]
    public void Proper_ports_are_read(string text, int port)
    {
        Assert.True(IpText.TryParsePort(text, out int read));
        Assert.Equal(port, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("+80")]
    [InlineData("-1")]
    [InlineData("080")]
    [InlineData("00")]
    [InlineData(" 80")]
    [InlineData("80 ")]
    [InlineData("65536")]
    [InlineData("99999999999")]
    [InlineData("0x50")]
    [InlineData("8e1")]
    [InlineData("８0")]
    public void Anything_else_is_no_port(string text) => Assert.False(IpText.TryParsePort(text, out _));

    [Theory]
    [InlineData("127.0.0.1:9469", "127.0.0.1", 9469)]
    [InlineData("[::1]:9469", "::1", 9469)]
    public void Proper_endpoints_are_read(string text, string address, int port)
    {
        Assert.True(IpText.TryParseEndpoint(text, out IPEndPoint endpoint));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), endpoint);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("9469")]
    [InlineData(":9469")]
    [InlineData("::1:9469")]
    [InlineData("[127.0.0.1]:9469")]
    [InlineData("[::1]9469")]
    [InlineData("[::1:9469")]
    [InlineData("localhost:9469")]
    [InlineData("1:9469")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:+9469")]
    public void Anything_else_is_no_endpoint(string text) => Assert.False(IpText.TryParseEndpoint(text, out _));

    [Theory]
    [InlineData("example.org")]
    [InlineData("example.org.")]
    [InlineData("a-b_c.1x")]
    [InlineData("xn--mnchen-3ya.de")]
    public void Host_names_are_told_from_addresses(string text) => Assert.True(IpText.IsHostName(text));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a..b")]
    [InlineData("-a.b")]
    [InlineData("a-.b")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("münchen.de")]
    [InlineData("1.2.3.4")]
    [InlineData("host.1")]
    [InlineData("1")]
    [InlineData("0x1")]
    [InlineData("host.0x1")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b")]
    public void What_looks_like_a_number_or_is_no_name_is_none(string text) => Assert.False(IpText.IsHostName(text));

    [Theory]
    [InlineData("tcp://1:2", "proper host")]
    [InlineData("tcp://127.1:4711", "proper host")]
    [InlineData("tcp://010.0.0.1:4711", "proper host")]
    [InlineData("tcp://0x7f000001:4711", "proper host")]
    [InlineData("tcp://[1.2.3.4]:4711", "proper host")]
    [InlineData("tcp:// host:4711", "proper host")]
    [InlineData("tcp://host :4711", "proper host")]
    [InlineData("tcp://ho\tst:4711", "proper host")]
    [InlineData("tcp://host:+4711", "proper port")]
    [InlineData("tcp://host:04711", "proper port")]
    [InlineData("tcp://host: 4711", "proper port")]
    [InlineData("tcp://host:4711//", "proper port")]
    [InlineData("tcp://host:4711/path", "proper port")]
    [InlineData("tcp://host:0", "port 0 is for listening")]
    [InlineData("tcp://*:4711", "no host to dial")]
    [InlineData("tcp://0.0.0.0:4711", "no host to dial")]
    [InlineData("tcp://[::]:4711", "no host to dial")]
    [InlineData("tcp://host:4711# qpc1", "blanks")]
    public void A_peer_that_nobody_could_dial_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(PeerUris.TryParse(text, out _, out string? error));
        Assert.Contains(reason, error);
    }

    [Fact]
    public void One_peer_has_one_address()
    {
        string one = new Identity.NodeAddress(0, 1).ToString(), other = new Identity.NodeAddress(0, 2).ToString();
        Assert.True(PeerUris.TryParse($"tcp://a:1#{one},tcp://b:1#{one}", out PeerUris? peer, out _));
        Assert.Equal(new Identity.NodeAddress(0, 1), peer.Pinned);
        Assert.False(PeerUris.TryParse($"tcp://a:1#{one},tcp://b:1#{other}", out _, out string? error));
        Assert.Contains("two addresses", error);
    }

    [Fact]
    public void A_place_to_listen_pins_nobody()
    {
        Assert.True(LinkUri.TryParse("tcp://*:0", out LinkUri? uri, out _));
        Assert.Null(PeerUris.CheckListen(uri));
        Assert.True(LinkUri.TryParse($"tcp://*:1#{new Identity.NodeAddress(0, 1)}", out uri, out _));
        Assert.Contains("pins an address", PeerUris.CheckListen(uri));
    }

    // A URI cut anywhere, or with any character in place of another, is read or refused, and never throws.
    [Fact]
    public void Cut_and_altered_URIs_are_read_or_refused()
    {
        string whole = $"tcp://[fe80::1%eth0]:4711/#{new Identity.NodeAddress(0, 1)}";
        Random random = new(6);
        for (int i = 0; i < 20_000; i++)
        {
            char[] text = whole[..random.Next(1, whole.Length + 1)].ToCharArray();
            text[random.Next(text.Length)] = (char)random.Next(1, 300);
            bool read = PeerUris.TryParse(new string(text), out PeerUris? peer, out string? error);
            Assert.True(read ? peer is not null : !string.IsNullOrEmpty(error));
        }
    }
}
