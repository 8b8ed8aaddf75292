using System.Net;

namespace QuicProChat.Mesh.Transports.Tests.Sources;

public class LinkSourceTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true, true)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true, true)]
    [InlineData("192.0.2.1", "192.0.2.200", false, true)]
    [InlineData("192.0.2.1", "192.0.3.1", false, false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true, true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false, true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:2:2::1", false, false)]
    [InlineData("fe80::1%3", "fe80::ffff%3", true, true)]
    [InlineData("fe80::1%3", "fe80::1%4", false, false)]
    [InlineData("127.0.0.1", "127.9.9.9", true, true)]
    [InlineData("127.0.0.1", "::1", true, true)]
    [InlineData("127.0.0.1", "::ffff:127.0.0.2", true, true)]
    [InlineData("201:db8::1", "3ff:1::1", true, true)]
    [InlineData("fc12::1", "fcff::1", true, true)]
    [InlineData("fd12::1", "fdff::1", false, false)]
    [InlineData("0.0.1.1", "::1", false, false)]
    public void Addresses_that_one_party_has_are_one_source(string one, string other, bool sameHost, bool sameGroup)
    {
        LinkSource a = LinkSource.Of(IPAddress.Parse(one)), b = LinkSource.Of(IPAddress.Parse(other));
        Assert.Equal(sameHost, a.Host == b.Host);
        Assert.Equal(sameGroup, a.Group == b.Group);
        Assert.NotEqual(0UL, a.Group);
    }

    [Fact]
    public void A_radio_is_one_source_and_no_other_radio()
    {
        Assert.Equal(LinkSource.OfMedium(1), LinkSource.OfMedium(1));
        Assert.NotEqual(LinkSource.OfMedium(1).Group, LinkSource.OfMedium(2).Group);
        Assert.NotEqual(LinkSource.OfMedium(0).Group, LinkSource.Loopback.Group);
    }
}
