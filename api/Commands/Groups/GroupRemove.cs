namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-remove</c> takes.</summary>
public sealed record GroupRemoveRequest
{
    /// <summary>The group: its name here, or its id.</summary>
    public string? Group { get; set; }

    /// <summary>The member: an address or alias.</summary>
    public string? To { get; set; }
}

/// <content><c>group-remove</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-remove</c>: removes a member.</summary>
    public static CommandSpec<GroupRemoveRequest, GroupInfo> GroupRemove { get; } = new(
        "group-remove", CommandGroup.Groups, "Removes a member.", json => json.GroupInfo,
        new ArgumentList<GroupRemoveRequest>()
            .Operand("group", "The group: its name here, or its id.", r => r.Group, (r, v) => r.Group = v)
            .Operand("to", "The member: an address or alias.", r => r.To, (r, v) => r.To = v))
    {
        Console = [new("/group remove", "GROUP PEER", "remove a member")],
        Rendering = GroupInfo.Show,
    };
}
