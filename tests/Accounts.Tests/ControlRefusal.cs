using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>Why a node did not do what it was asked.</summary>
/// <param name="Text">The sentence.</param>
internal sealed record ControlRefusal(string Text)
{
    internal static async Task<ControlRefusal> OfAsync<TRequest, TResult>(
        TestNode node, CommandSpec<TRequest, TResult> command, TRequest request)
        where TRequest : class, new()
    {
        using ControlClient client = node.Connect();
        await client.SendAsync(command.ToLine(request), CancellationToken.None);
        JsonNode reply = await TestNode.ReadAsync(client).WaitAsync(Scene.Patience);
        Assert.False((bool)reply["ok"]!, reply.ToJsonString());
        return new ControlRefusal((string)reply["error"]!);
    }
}
