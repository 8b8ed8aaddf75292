namespace QuicProChat.Mesh.Api;

/// <summary>What <c>unblock</c> takes.</summary>
public sealed record UnblockRequest
{
    /// <summary>An address or alias.</summary>
    public string? To { get; set; }
}

/// <content><c>unblock</c>.</content>
public static partial class Commands
{
    /// <summary><c>unblock</c>: hears a blocked node again.</summary>
    public static CommandSpec<UnblockRequest, DoneInfo> Unblock { get; } = new(
        "unblock", CommandGroup.Strangers, "Hears a blocked node again.", json => json.DoneInfo,
        new ArgumentList<UnblockRequest>()
            .Operand("to", "An address or alias.", r => r.To, (r, v) => r.To = v))
    {
        IsBrief = true,
        Console = [new("/unblock", "PEER", "hear it again")],
    };
}
