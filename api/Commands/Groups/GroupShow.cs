namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-show</c> takes.</summary>
public sealed record GroupShowRequest
{
    /// <summary>The group: its name here, or its id.</summary>
    public string? Group { get; set; }
}

/// <content><c>group-show</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-show</c>: one group.</summary>
    public static CommandSpec<GroupShowRequest, GroupInfo> GroupShow { get; } = new(
        "group-show", CommandGroup.Groups, "One group, with its members.", json => json.GroupInfo,
        new ArgumentList<GroupShowRequest>()
            .Operand("group", "The group: its name here, or its id.", r => r.Group, (r, v) => r.Group = v))
    {
        Console = [new("/group show", "GROUP", "members and state")],
        Rendering = GroupInfo.Show,
    };
}
