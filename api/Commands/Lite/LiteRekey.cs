namespace QuicProChat.Mesh.Api;

/// <summary>What <c>lite-rekey</c> takes.</summary>
public sealed record LiteRekeyRequest
{
    /// <summary>A group's name or id.</summary>
    public string? Group { get; set; }
}

/// <content><c>lite-rekey</c>.</content>
public static partial class Commands
{
    /// <summary><c>lite-rekey</c>: begins an epoch with fresh keys.</summary>
    public static CommandSpec<LiteRekeyRequest, LiteGroupInfo> LiteRekey { get; } = new(
        "lite-rekey", CommandGroup.Lite, "Begins an epoch with fresh keys.", json => json.LiteGroupInfo,
        new ArgumentList<LiteRekeyRequest>().Operand(
            "group", "A group's name or id.", r => r.Group, (r, v) => r.Group = v))
    {
        Console = [new("/lite rekey", "GROUP", "begin an epoch with fresh keys")],
        Rendering = LiteGroupInfo.Show,
    };
}
