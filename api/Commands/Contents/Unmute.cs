namespace QuicProChat.Mesh.Api;

/// <summary>What <c>unmute</c> takes.</summary>
public sealed record UnmuteRequest
{
    /// <summary>An alias, an address, <c>group:NAME</c>, <c>self</c>.</summary>
    public string? To { get; set; }
}

/// <content><c>unmute</c>.</content>
public static partial class Commands
{
    /// <summary><c>unmute</c>: ends that a conversation is muted.</summary>
    public static CommandSpec<UnmuteRequest, DoneInfo> Unmute { get; } = new(
        "unmute", CommandGroup.Messages, "Ends that a conversation is muted.", json => json.DoneInfo,
        new ArgumentList<UnmuteRequest>()
            .Operand("to", "An alias, an address, group:NAME, self.", r => r.To, (r, v) => r.To = v))
    {
        IsBrief = true,
        Console = [new("/unmute", "PEER", "be disturbed by it again")],
    };
}
