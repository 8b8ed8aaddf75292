namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-watch-remove</c> takes.</summary>
public sealed record FappWatchRemoveRequest
{
    /// <summary>Its number.</summary>
    public string? Watch { get; set; }
}

/// <content><c>fapp-watch-remove</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-watch-remove</c>: ends a standing search.</summary>
    public static CommandSpec<FappWatchRemoveRequest, FappWatchInfo> FappWatchRemove { get; } = new(
        "fapp-watch-remove", CommandGroup.Fapp, "Ends a standing search.", json => json.FappWatchInfo,
        new ArgumentList<FappWatchRemoveRequest>()
            .Operand("watch", "Its number.", r => r.Watch, (r, v) => r.Watch = v))
    {
        Under = "watch",
        IsBrief = true,
    };
}
