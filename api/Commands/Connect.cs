namespace QuicProChat.Mesh.Api;

/// <summary>What <c>connect</c> takes.</summary>
public sealed record ConnectRequest
{
    /// <summary>Where the peer is; several URIs of one peer are separated by commas.</summary>
    public string? Uri { get; set; }
}

/// <content><c>connect</c>.</content>
public static partial class Commands
{
    /// <summary><c>connect</c>: dials a peer and keeps the link.</summary>
    public static CommandSpec<ConnectRequest, DoneInfo> Connect { get; } = new(
        "connect", CommandGroup.Links, "Dials a peer and keeps the link.", json => json.DoneInfo,
        new ArgumentList<ConnectRequest>().Operand(
            "uri", "tcp://host:port, quic://host:port, with /#qpc1... to pin the address.",
            r => r.Uri, (r, v) => r.Uri = v))
    {
        IsBrief = true,
        Console = [new("/mesh connect", "URI", "dial a peer and keep the link")],
    };
}
