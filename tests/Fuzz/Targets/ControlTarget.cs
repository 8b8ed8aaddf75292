using System.Text;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Handlers;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>A line of the control socket.</summary>
internal static class ControlTarget
{
    internal static readonly FuzzTarget Target = new("control", "a request on the control socket", Seeds, Run);

    private static IEnumerable<byte[]> Seeds()
    {
        IEnumerable<string> lines =
            from block in Pages.Blocks("control.md", "")
            from line in block.Split('\n')
            where line.StartsWith("-> ", StringComparison.Ordinal)
            select line[3..];
        string[] more =
        [
            """{"command":"lite-join","uri":"qpc-lite:AQ","name":"mill","tag":-1.5e3}""",
            """{"command":"alias","alias":"b\u00f6b","to":"qpc1","remove":true,"tag":48}""",
            """{"tag":7,"command":5}""",
            """{"command":"send","lite":true,"signed":false,"shortTag":true,"group":[1,{"a":2}]}""",
        ];
        return lines.Concat(more).Select(Encoding.UTF8.GetBytes);
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        Request? request = RequestReader.Read(input, NodeCommands.Table, out RequestTag? tag, out string? error);
        Assert.Equal(request is null, error is not null);
        Assert.NotEqual("", error);
        if (request is not { } read)
            return;
        Assert.Equal(read.Tag, tag);
        // What a client writes of it is read as the same.
        Request? again = RequestReader.Read(
            read.Command.ToLine(read.Arguments, tag).AsSpan()[..^1], NodeCommands.Table, out _, out error);
        Assert.Null(error);
        Assert.Equal(read.Command, again?.Command);
    }
}
