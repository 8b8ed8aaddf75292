namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-invite</c> takes.</summary>
public sealed record GroupInviteRequest
{
    /// <summary>The group: its name here, or its id.</summary>
    public string? Group { get; set; }

    /// <summary>Whom: addresses, aliases, or users of servers.</summary>
    public IReadOnlyList<string>? To { get; set; }
}

/// <content><c>group-invite</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-invite</c>: invites nodes to a group.</summary>
    public static CommandSpec<GroupInviteRequest, GroupInfo> GroupInvite { get; } = new(
        "group-invite", CommandGroup.Groups, "Invites nodes to a group. Each is added when its keys have come.",
        json => json.GroupInfo,
        new ArgumentList<GroupInviteRequest>()
            .Operand("group", "The group: its name here, or its id.", r => r.Group, (r, v) => r.Group = v)
            .Operands("to", "Addresses, aliases, or USER@SERVER.", r => r.To, (r, v) => r.To = v))
    {
        Console = [new("/group invite", "GROUP PEER...", "invite nodes")],
        Rendering = GroupInfo.Show,
    };
}
