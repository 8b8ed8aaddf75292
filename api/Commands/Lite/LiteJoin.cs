namespace QuicProChat.Mesh.Api;

/// <summary>What <c>lite-join</c> takes.</summary>
public sealed record LiteJoinRequest
{
    /// <summary>The invitation: <c>qpc-lite:...</c></summary>
    public string? Uri { get; set; }

    /// <summary>What to call the group here, if not as it is called there.</summary>
    public string? Name { get; set; }
}

/// <content><c>lite-join</c>.</content>
public static partial class Commands
{
    /// <summary><c>lite-join</c>: joins a group by an invitation.</summary>
    public static CommandSpec<LiteJoinRequest, LiteGroupInfo> LiteJoin { get; } = new(
        "lite-join", CommandGroup.Lite, "Joins a group by an invitation.", json => json.LiteGroupInfo,
        new ArgumentList<LiteJoinRequest>()
            .Operand(
                "uri", "qpc-lite:...; - reads it from standard input.", r => r.Uri, (r, v) => r.Uri = v,
                takesInput: true)
            .OptionalOperand(
                "name", "What to call it here, if not as it is called there.", r => r.Name, (r, v) => r.Name = v))
    {
        Console = [new("/lite join", "URI [NAME]", "join by an invitation")],
        Rendering = LiteGroupInfo.Show,
    };
}
