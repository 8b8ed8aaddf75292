using System.Reflection;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Handlers;

namespace QuicProChat.Mesh.Node.Tests.Control;

/// <summary>Commands and what does them.</summary>
public sealed class NodeCommandsTests
{
    [Fact]
    public void The_node_does_every_command_that_there_is()
    {
        IEnumerable<string> specified = typeof(Commands).GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Select(p => ((CommandSpec)p.GetValue(null)!).Name);
        Assert.Equal(specified.Order(), NodeCommands.Table.All.Select(c => c.Name).Order());
    }
}
