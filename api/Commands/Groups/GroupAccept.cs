namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-accept</c> takes.</summary>
public sealed record GroupAcceptRequest
{
    /// <summary>The group: its name in the invitation, or its id.</summary>
    public string? Group { get; set; }

    /// <summary>What to call it here, if not as its inviter does.</summary>
    public string? Name { get; set; }
}

/// <content><c>group-accept</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-accept</c>: joins a group by an invitation.</summary>
    public static CommandSpec<GroupAcceptRequest, GroupInfo> GroupAccept { get; } = new(
        "group-accept", CommandGroup.Groups, "Joins a group that this node was invited to.", json => json.GroupInfo,
        new ArgumentList<GroupAcceptRequest>()
            .Operand("group", "The group: its name in the invitation, or its id.", r => r.Group, (r, v) => r.Group = v)
            .OptionalOperand(
                "name", "What to call it here, if not as its inviter does.", r => r.Name, (r, v) => r.Name = v))
    {
        Console = [new("/group accept", "GROUP [NAME]", "join by an invitation")],
        Rendering = GroupInfo.Show,
    };
}
