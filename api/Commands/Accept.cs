namespace QuicProChat.Mesh.Api;

/// <summary>What <c>accept</c> takes.</summary>
public sealed record AcceptRequest
{
    /// <summary>An address or alias.</summary>
    public string? To { get; set; }
}

/// <content><c>accept</c>.</content>
public static partial class Commands
{
    /// <summary><c>accept</c>: makes a stranger known.</summary>
    public static CommandSpec<AcceptRequest, DoneInfo> Accept { get; } = new(
        "accept", CommandGroup.Strangers, "Makes a stranger known: its requests become messages.",
        json => json.DoneInfo,
        new ArgumentList<AcceptRequest>().Operand("to", "An address or alias.", r => r.To, (r, v) => r.To = v))
    {
        Console = [new("/accept", "PEER", "make one known: its requests become messages")],
    };
}
