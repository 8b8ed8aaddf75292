using System.Net.Quic;
using QuicProChat.Mesh.Transports.Tests.Fakes;
using QuicProChat.Mesh.Wire;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>QUIC tests are skipped where libmsquic is missing; this one runs everywhere.</summary>
public sealed class QuicAvailabilityTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_transport_says_whether_it_works_and_is_right()
    {
        await using LinkPeer alice = new(1), bob = new(2);
        if (alice.Quic.Unavailable is { } reason)
        {
            output.WriteLine($"QUIC link tests are skipped here: {reason}");
            Assert.False(QuicListener.IsSupported && System.Net.Sockets.Socket.OSSupportsIPv6);
            DialResult dial = await alice.DialAsync(LinkPeer.Uri("quic://127.0.0.1:1"));
            Assert.Contains(reason, dial.Failure!.Detail);
            IOException e = await Assert.ThrowsAsync<IOException>(() => bob.ListenAsync("quic"));
            Assert.Contains(reason, e.Message);
        }
        else
        {
            output.WriteLine("QUIC link tests run.");
            Assert.NotNull((await alice.DialAsync(await bob.ListenAsync("quic"))).Link);
        }
    }
}
