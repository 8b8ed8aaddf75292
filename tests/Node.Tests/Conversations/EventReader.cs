using System.Text.Json.Nodes;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

/// <summary>Follows a node's events.</summary>
internal sealed class EventReader : IDisposable
{
    private readonly ControlClient _client;

    internal EventReader(TestNode node)
    {
        _client = node.Connect();
        _client.SendAsync(new ControlRequest { Command = "events" }, CancellationToken.None).GetAwaiter().GetResult();
        _ = TestNode.ReadAsync(_client).GetAwaiter().GetResult();
    }

    /// <summary>Reads until an event is the one that is waited for.</summary>
    internal async Task UntilAsync(Func<JsonNode, bool> wanted)
    {
        while (!wanted(await TestNode.ReadAsync(_client)))
        {
        }
    }

    public void Dispose() => _client.Dispose();
}
