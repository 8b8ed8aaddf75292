namespace QuicProChat.Mesh.Api;

/// <summary>What <c>refuse</c> takes.</summary>
public sealed record RefuseRequest
{
    /// <summary>An address or alias.</summary>
    public string? To { get; set; }
}

/// <content><c>refuse</c>.</content>
public static partial class Commands
{
    /// <summary><c>refuse</c>: erases the requests of a node.</summary>
    public static CommandSpec<RefuseRequest, DoneInfo> Refuse { get; } = new(
        "refuse", CommandGroup.Strangers, "Erases the requests of a node and keeps nothing that it sends.",
        json => json.DoneInfo,
        new ArgumentList<RefuseRequest>().Operand("to", "An address or alias.", r => r.To, (r, v) => r.To = v))
    {
        Console = [new("/refuse", "PEER", "erase its requests, keep nothing that it sends")],
    };
}
