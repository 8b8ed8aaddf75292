namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-leave</c> takes.</summary>
public sealed record GroupLeaveRequest
{
    /// <summary>The group: its name here, or its id.</summary>
    public string? Group { get; set; }
}

/// <content><c>group-leave</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-leave</c>: leaves a group.</summary>
    public static CommandSpec<GroupLeaveRequest, DoneInfo> GroupLeave { get; } = new(
        "group-leave", CommandGroup.Groups,
        "Leaves a group: another member takes this node out, then it is forgotten here.",
        json => json.DoneInfo,
        new ArgumentList<GroupLeaveRequest>()
            .Operand("group", "The group: its name here, or its id.", r => r.Group, (r, v) => r.Group = v))
    {
        Console = [new("/group leave", "GROUP", "leave a group")],
    };
}
