namespace QuicProChat.Mesh.Api;

/// <summary>What <c>block</c> takes.</summary>
public sealed record BlockRequest
{
    /// <summary>An address or alias.</summary>
    public string? To { get; set; }
}

/// <content><c>block</c>.</content>
public static partial class Commands
{
    /// <summary><c>block</c>: drops everything that a node sends.</summary>
    public static CommandSpec<BlockRequest, DoneInfo> Block { get; } = new(
        "block", CommandGroup.Strangers, "Drops everything that a node sends.", json => json.DoneInfo,
        new ArgumentList<BlockRequest>()
            .Operand("to", "An address or alias.", r => r.To, (r, v) => r.To = v))
    {
        IsBrief = true,
        Console = [new("/block", "PEER", "drop everything that a node sends")],
    };
}
