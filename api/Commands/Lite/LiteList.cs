namespace QuicProChat.Mesh.Api;

/// <content><c>lite-list</c>.</content>
public static partial class Commands
{
    /// <summary><c>lite-list</c>: the groups of this node.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<LiteGroupInfo>> LiteList { get; } = new(
        "lite-list", CommandGroup.Lite, "The groups of this node.", json => json.IReadOnlyListLiteGroupInfo)
    {
        Console = [new("/lite list", "", "the groups of this node")],
        Rendering = (screen, groups) =>
        {
            foreach (LiteGroupInfo group in groups)
                screen.Line(group.Describe());
            if (groups.Count == 0)
                screen.Line("no groups");
        },
    };
}
