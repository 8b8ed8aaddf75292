namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-role</c> takes.</summary>
public sealed record GroupRoleRequest
{
    /// <summary>The group: its name here, or its id.</summary>
    public string? Group { get; set; }

    /// <summary>The member: an address or alias.</summary>
    public string? To { get; set; }

    /// <summary><c>admin</c> or <c>member</c>.</summary>
    public string? Role { get; set; }
}

/// <content><c>group-role</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-role</c>: makes a member an admin, or takes that back.</summary>
    public static CommandSpec<GroupRoleRequest, GroupInfo> GroupRole { get; } = new(
        "group-role", CommandGroup.Groups, "Makes a member an admin, or takes that back.", json => json.GroupInfo,
        new ArgumentList<GroupRoleRequest>()
            .Operand("group", "The group: its name here, or its id.", r => r.Group, (r, v) => r.Group = v)
            .Operand("to", "The member: an address or alias.", r => r.To, (r, v) => r.To = v)
            .Operand("role", "admin or member.", r => r.Role, (r, v) => r.Role = v))
    {
        Console = [new("/group role", "GROUP PEER ROLE", "admin or member")],
        Rendering = GroupInfo.Show,
    };
}
