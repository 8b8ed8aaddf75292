namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-rotate</c> takes.</summary>
public sealed record GroupRotateRequest
{
    /// <summary>The group: its name here, or its id.</summary>
    public string? Group { get; set; }
}

/// <content><c>group-rotate</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-rotate</c>: renews this node's keys.</summary>
    public static CommandSpec<GroupRotateRequest, GroupInfo> GroupRotate { get; } = new(
        "group-rotate", CommandGroup.Groups, "Renews the keys of this node in a group, when it is its turn.",
        json => json.GroupInfo,
        new ArgumentList<GroupRotateRequest>()
            .Operand("group", "The group: its name here, or its id.", r => r.Group, (r, v) => r.Group = v))
    {
        Console = [new("/group rotate", "GROUP", "renew this node's keys")],
        Rendering = GroupInfo.Show,
    };
}
