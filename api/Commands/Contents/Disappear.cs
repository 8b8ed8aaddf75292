namespace QuicProChat.Mesh.Api;

/// <summary>What <c>disappear</c> takes.</summary>
public sealed record DisappearRequest
{
    /// <summary>An alias, an address, <c>group:NAME</c>, <c>self</c>.</summary>
    public string? To { get; set; }

    /// <summary><c>30m</c>, <c>1h</c>, <c>1d</c>, <c>7d</c> or <c>off</c>.</summary>
    public string? After { get; set; }
}

/// <content><c>disappear</c>.</content>
public static partial class Commands
{
    /// <summary><c>disappear</c>: lets messages of a conversation disappear after a time.</summary>
    public static CommandSpec<DisappearRequest, SendInfo> Disappear { get; } = new(
        "disappear", CommandGroup.Messages, "Lets messages of a conversation disappear after a time.",
        json => json.SendInfo,
        new ArgumentList<DisappearRequest>()
            .Operand("to", "An alias, an address, group:NAME, self.", r => r.To, (r, v) => r.To = v)
            .Operand("after", "30m, 1h, 1d, 7d or off.", r => r.After, (r, v) => r.After = v))
    {
        IsBrief = true,
        Console = [new("/disappear", "PEER 1h|off", "let messages disappear after a time")],
        Rendering = ShowSent,
    };
}
