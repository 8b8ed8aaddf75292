using System.Net;
using QuicProChat.Mesh.Transports.Tcp;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests;

public class SegmentSizesTests
{
    private static readonly IPAddress Remote = IPAddress.Parse("192.0.2.1");

    private readonly FakeTime _time = new();
    private readonly SegmentSizes _sizes;

    public SegmentSizesTests() => _sizes = new SegmentSizes(_time);

    [Theory]
    [InlineData(LinkEndCode.TransportFailed)]
    [InlineData(LinkEndCode.Dead)]
    [InlineData(LinkEndCode.HandshakeTimeout)]
    public void A_connection_that_stood_still_is_followed_by_one_with_smaller_segments(LinkEndCode code)
    {
        Assert.Equal(1220, _sizes.For(Remote));
        _sizes.Ended(Remote, new LinkEnd(code));
        Assert.Equal(536, _sizes.For(Remote));
        Assert.Equal(1220, _sizes.For(IPAddress.Parse("192.0.2.2")));
        _sizes.Ended(Remote, new LinkEnd(code));
        _sizes.Ended(Remote, new LinkEnd(code));
        Assert.Equal(256, _sizes.For(Remote));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1220, _sizes.For(Remote));
    }

    [Theory]
    [InlineData(LinkEndCode.Closed)]
    [InlineData(LinkEndCode.Duplicate)]
    [InlineData(LinkEndCode.TooMany)]
    [InlineData(LinkEndCode.ProtocolViolation)]
    public void A_link_that_ended_in_order_changes_nothing(LinkEndCode code)
    {
        _sizes.Ended(Remote, new LinkEnd(code, ByPeer: true));
        Assert.Equal(1220, _sizes.For(Remote));
    }

    [Fact]
    public void A_link_that_breaks_long_after_the_size_was_lowered_broke_over_something_else()
    {
        _sizes.Ended(Remote, new LinkEnd(LinkEndCode.TransportFailed));
        _time.Advance(TimeSpan.FromMinutes(5));
        _sizes.Ended(Remote, new LinkEnd(LinkEndCode.TransportFailed));
        Assert.Equal(536, _sizes.For(Remote));
    }

    [Fact]
    public void It_remembers_a_bounded_number_of_addresses()
    {
        for (int i = 0; i < 1000; i++)
            _sizes.Ended(new IPAddress([10, 0, (byte)(i >> 8), (byte)i]), new LinkEnd(LinkEndCode.Dead));
        Assert.Equal(536, _sizes.For(new IPAddress([10, 0, 3, 231])));
        Assert.Equal(1220, _sizes.For(new IPAddress([10, 0, 0, 0])));
    }
}
