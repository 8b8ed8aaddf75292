namespace QuicProChat.Mesh.Api;

/// <summary>What <c>lite-leave</c> takes.</summary>
public sealed record LiteLeaveRequest
{
    /// <summary>A group's name or id.</summary>
    public string? Group { get; set; }
}

/// <content><c>lite-leave</c>.</content>
public static partial class Commands
{
    /// <summary><c>lite-leave</c>: forgets a group and its keys.</summary>
    public static CommandSpec<LiteLeaveRequest, DoneInfo> LiteLeave { get; } = new(
        "lite-leave", CommandGroup.Lite, "Forgets a group and its keys. The others are not told.",
        json => json.DoneInfo,
        new ArgumentList<LiteLeaveRequest>().Operand(
            "group", "A group's name or id.", r => r.Group, (r, v) => r.Group = v))
    {
        IsBrief = true,
        Console = [new("/lite leave", "GROUP", "forget a group and its keys")],
    };
}
