using System.Net;
using System.Net.Sockets;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Hosting;

public sealed class ReloadTests
{
    [Fact]
    public async Task Listeners_open_and_close_as_their_entries_come_and_go()
    {
        await using var node = new TestNode("alice");
        await ReloadAsync(node, "tcp://127.0.0.1:0");
        IPEndPoint first = Assert.Single(Bound(node));
        Assert.True(await AnswersAsync(first));

        await ReloadAsync(node, "tcp://127.0.0.1:0", "tcp://[::1]:0");
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], Bound(node).Select(end => end.Address));
        Assert.Equal(first, Bound(node)[0]);

        await ReloadAsync(node, "tcp://[::1]:0");
        IPEndPoint second = Assert.Single(Bound(node));
        Assert.True(await AnswersAsync(second));
        Assert.False(await AnswersAsync(first));

        // The freed port may be taken at once under another name.
        await ReloadAsync(node, $"tcp://localhost:{second.Port}");
        Assert.Equal(second.Port, Assert.Single(Bound(node)).Port);
    }

    [Fact]
    public async Task What_cannot_be_bound_is_tried_again()
    {
        await using var node = new TestNode("alice");
        using var squatter = new TcpListener(IPAddress.Loopback, 0);
        squatter.Start();
        string uri = $"tcp://{squatter.LocalEndpoint}";
        await ReloadAsync(node, uri);
        Assert.Empty(Bound(node));
        squatter.Stop();
        await ReloadAsync(node, uri);
        Assert.Single(Bound(node));
    }

    private static Task ReloadAsync(TestNode node, params string[] listen) =>
        node.Node.ReloadAsync(node.Node.Configuration with { Listen = [.. listen] });

    private static IPEndPoint[] Bound(TestNode node) =>
        [.. node.Links.Listening.Select(uri => IPEndPoint.Parse(uri["tcp://".Length..]))];

    private static async Task<bool> AnswersAsync(IPEndPoint end)
    {
        using var client = new TcpClient(end.AddressFamily);
        try
        {
            await client.ConnectAsync(end);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
