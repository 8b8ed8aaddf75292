namespace QuicProChat.Mesh.Api;

/// <summary>What <c>disconnect</c> takes.</summary>
public sealed record DisconnectRequest
{
    /// <summary>An address, an alias, or the URI that was dialled.</summary>
    public string? To { get; set; }
}

/// <content><c>disconnect</c>.</content>
public static partial class Commands
{
    /// <summary><c>disconnect</c>: ends a link and dials it no more.</summary>
    public static CommandSpec<DisconnectRequest, DoneInfo> Disconnect { get; } = new(
        "disconnect", CommandGroup.Links, "Ends a link and dials it no more.", json => json.DoneInfo,
        new ArgumentList<DisconnectRequest>().Operand(
            "to", "An address, alias, or the URI that was dialled.", r => r.To, (r, v) => r.To = v, typed: "peer"))
    {
        IsBrief = true,
        Console = [new("/mesh disconnect", "PEER", "end a link")],
    };
}
