namespace QuicProChat.Mesh.Api;

/// <content><c>fapp-watch-list</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-watch-list</c>: the standing searches.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<FappWatchInfo>> FappWatchList { get; } = new(
        "fapp-watch-list", CommandGroup.Fapp, "The standing searches.", json => json.IReadOnlyListFappWatchInfo)
    {
        Under = "watch",
        Rendering = FappWatchInfo.Show,
    };
}
