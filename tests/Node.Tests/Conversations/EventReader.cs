using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Tests.Conversations;

/// <summary>Follows a node's events.</summary>
internal sealed class EventReader : IDisposable
{
    private readonly ControlClient _client;

    internal EventReader(TestNode node)
    {
        _client = node.Connect();
        _client.SendAsync(Commands.WatchEvents.ToLine(NoArguments.Instance), CancellationToken.None).GetAwaiter()
            .GetResult();
        _ = Commands.WatchEvents.ReadReply(TestNode.ReadLineAsync(_client).GetAwaiter().GetResult()).Done;
    }

    /// <summary>Reads until an event of a sort comes, and is the one that is waited for.</summary>
    /// <param name="sort">Which sort.</param>
    /// <param name="wanted">Which of them; null for any.</param>
    internal async Task<T> UntilAsync<T>(EventSpec<T> sort, Func<T, bool>? wanted = null)
        where T : EventInfo
    {
        while (true)
        {
            using JsonDocument line = JsonDocument.Parse(await TestNode.ReadLineAsync(_client));
            if (sort.Read(line.RootElement) is { } happened && (wanted is null || wanted(happened)))
                return happened;
        }
    }

    public void Dispose() => _client.Dispose();
}
