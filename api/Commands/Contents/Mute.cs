namespace QuicProChat.Mesh.Api;

/// <summary>What <c>mute</c> takes.</summary>
public sealed record MuteRequest
{
    /// <summary>An alias, an address, <c>group:NAME</c>, <c>self</c>.</summary>
    public string? To { get; set; }
}

/// <content><c>mute</c>.</content>
public static partial class Commands
{
    /// <summary><c>mute</c>: marks events of a conversation as muted.</summary>
    public static CommandSpec<MuteRequest, DoneInfo> Mute { get; } = new(
        "mute", CommandGroup.Messages, "Marks events of a conversation as muted.", json => json.DoneInfo,
        new ArgumentList<MuteRequest>()
            .Operand("to", "An alias, an address, group:NAME, self.", r => r.To, (r, v) => r.To = v))
    {
        IsBrief = true,
        Console = [new("/mute", "PEER", "do not be disturbed by a conversation")],
    };
}
