namespace QuicProChat.Mesh.Api;

/// <summary>What <c>lite-create</c> takes.</summary>
public sealed record LiteCreateRequest
{
    /// <summary>What to call the group: 1 to 20 bytes.</summary>
    public string? Name { get; set; }

    /// <summary>Tags of 8 bytes instead of 16.</summary>
    public bool ShortTag { get; set; }
}

/// <content><c>lite-create</c>.</content>
public static partial class Commands
{
    /// <summary><c>lite-create</c>: founds a group.</summary>
    public static CommandSpec<LiteCreateRequest, LiteGroupInfo> LiteCreate { get; } = new(
        "lite-create", CommandGroup.Lite, "Founds a group.", json => json.LiteGroupInfo,
        new ArgumentList<LiteCreateRequest>()
            .Operand("name", "What to call it: at most 20 bytes.", r => r.Name, (r, v) => r.Name = v)
            .Flag(
                "shortTag", "Tags of 8 bytes instead of 16: each message costs 8 bytes less.", r => r.ShortTag,
                (r, v) => r.ShortTag = v))
    {
        Console = [new("/lite create", "NAME", "found a group")],
        Rendering = LiteGroupInfo.Show,
    };
}
