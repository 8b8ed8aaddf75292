namespace QuicProChat.Mesh.Api;

/// <summary>What <c>lite-show</c> takes.</summary>
public sealed record LiteShowRequest
{
    /// <summary>A group's name or id.</summary>
    public string? Group { get; set; }
}

/// <content><c>lite-show</c>.</content>
public static partial class Commands
{
    /// <summary><c>lite-show</c>: one group.</summary>
    public static CommandSpec<LiteShowRequest, LiteGroupInfo> LiteShow { get; } = new(
        "lite-show", CommandGroup.Lite, "One group: members, epoch, cipher.", json => json.LiteGroupInfo,
        new ArgumentList<LiteShowRequest>().Operand(
            "group", "A group's name or id.", r => r.Group, (r, v) => r.Group = v))
    {
        Console = [new("/lite show", "GROUP", "members, epoch, cipher")],
        Rendering = LiteGroupInfo.Show,
    };
}
