namespace QuicProChat.Mesh.Api;

/// <summary>What <c>log-level</c> takes.</summary>
public sealed record LogLevelRequest
{
    /// <summary>One of <see cref="Names"/>.</summary>
    public string? Level { get; set; }

    /// <summary>The levels, from the most to the least that is logged.</summary>
    public const string Names = "trace, debug, info, warning, error";
}

/// <content><c>log-level</c>.</content>
public static partial class Commands
{
    /// <summary><c>log-level</c>: changes what is logged.</summary>
    public static CommandSpec<LogLevelRequest, DoneInfo> LogLevel { get; } = new(
        "log-level", CommandGroup.Node, "Changes what is logged.", json => json.DoneInfo,
        new ArgumentList<LogLevelRequest>().Operand(
            "level", LogLevelRequest.Names, r => r.Level, (r, v) => r.Level = v))
    {
        IsBrief = true,
    };
}
