namespace QuicProChat.Mesh.Api;

/// <summary>What <c>lite-rename</c> takes.</summary>
public sealed record LiteRenameRequest
{
    /// <summary>A group's name or id.</summary>
    public string? Group { get; set; }

    /// <summary>What to call it: 1 to 20 bytes.</summary>
    public string? Name { get; set; }
}

/// <content><c>lite-rename</c>.</content>
public static partial class Commands
{
    /// <summary><c>lite-rename</c>: calls a group something else, here only.</summary>
    public static CommandSpec<LiteRenameRequest, LiteGroupInfo> LiteRename { get; } = new(
        "lite-rename", CommandGroup.Lite, "Calls a group something else, here only.", json => json.LiteGroupInfo,
        new ArgumentList<LiteRenameRequest>()
            .Operand("group", "A group's name or id.", r => r.Group, (r, v) => r.Group = v)
            .Operand("name", "What to call it: at most 20 bytes.", r => r.Name, (r, v) => r.Name = v))
    {
        Console = [new("/lite rename", "GROUP NAME", "call it something else, here only")],
        Rendering = LiteGroupInfo.Show,
    };
}
