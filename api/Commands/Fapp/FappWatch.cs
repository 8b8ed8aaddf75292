namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-watch</c> takes.</summary>
public sealed record FappWatchRequest : FappFilterRequest;

/// <content><c>fapp-watch</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-watch</c>: tells when a slot appears that fits.</summary>
    public static CommandSpec<FappWatchRequest, FappWatchInfo> FappWatch { get; } = new(
        "fapp-watch", CommandGroup.Fapp, "Tells from now on when a slot appears that fits, as an event.",
        json => json.FappWatchInfo,
        new ArgumentList<FappWatchRequest>().FappFilters())
    {
        IsBrief = true,
    };
}
