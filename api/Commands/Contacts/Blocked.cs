namespace QuicProChat.Mesh.Api;

/// <summary>What <c>blocked</c> takes.</summary>
public sealed record BlockedRequest
{
    /// <summary>Go on behind this: what the reply before said as <c>more</c>.</summary>
    public string? From { get; set; }
}

/// <summary>A node that is blocked.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Alias">What the owner calls it; null for nothing.</param>
public sealed record BlockedInfo(string Address, string? Alias);

/// <content><c>blocked</c>.</content>
public static partial class Commands
{
    /// <summary><c>blocked</c>: nodes that are blocked.</summary>
    public static CommandSpec<BlockedRequest, IReadOnlyList<BlockedInfo>> Blocked { get; } = new(
        "blocked", CommandGroup.Strangers, "Nodes that are blocked.", json => json.IReadOnlyListBlockedInfo,
        new ArgumentList<BlockedRequest>().From(r => r.From, (r, v) => r.From = v))
    {
        Paging = Paging.Forward,
        Console = [new("/blocked", "", "nodes that are blocked")],
        Rendering = (screen, blocked) => screen.Table(
            blocked, "nobody is blocked", ("alias", b => b.Alias), ("address", b => b.Address)),
    };
}
