namespace QuicProChat.Mesh.Api;

/// <summary>What <c>group-decline</c> takes.</summary>
public sealed record GroupDeclineRequest
{
    /// <summary>The group: its name here, or its id.</summary>
    public string? Group { get; set; }
}

/// <content><c>group-decline</c>.</content>
public static partial class Commands
{
    /// <summary><c>group-decline</c>: forgets an invitation.</summary>
    public static CommandSpec<GroupDeclineRequest, DoneInfo> GroupDecline { get; } = new(
        "group-decline", CommandGroup.Groups, "Forgets an invitation; its sender is not told.", json => json.DoneInfo,
        new ArgumentList<GroupDeclineRequest>()
            .Operand("group", "The group: its name here, or its id.", r => r.Group, (r, v) => r.Group = v))
    {
        Console = [new("/group decline", "GROUP", "forget an invitation")],
    };
}
