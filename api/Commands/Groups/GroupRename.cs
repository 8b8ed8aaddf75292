namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-rename</c> takes.</summary>
public sealed record GroupRenameRequest
{
    /// <summary>The group: its name here, or its id.</summary>
    public string? Group { get; set; }

    /// <summary>What to call it.</summary>
    public string? Name { get; set; }
}

/// <content><c>group-rename</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-rename</c>: changes what a group is called here.</summary>
    public static CommandSpec<GroupRenameRequest, GroupInfo> GroupRename { get; } = new(
        "group-rename", CommandGroup.Groups, "Changes what a group is called here; the others do not see it.",
        json => json.GroupInfo,
        new ArgumentList<GroupRenameRequest>()
            .Operand("group", "The group: its name here, or its id.", r => r.Group, (r, v) => r.Group = v)
            .Operand("name", "What to call it: at most 64 bytes.", r => r.Name, (r, v) => r.Name = v))
    {
        Console = [new("/group rename", "GROUP NAME", "call it otherwise here")],
        Rendering = GroupInfo.Show,
    };
}
