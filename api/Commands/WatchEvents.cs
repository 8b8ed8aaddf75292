namespace QuicProChat.Mesh.Api;

/// <content><c>events</c>.</content>
public static partial class Commands
{
    /// <summary><c>events</c>: a line for each event follows, until the connection ends.</summary>
    public static CommandSpec<NoArguments, DoneInfo> WatchEvents { get; } = new(
        "events", CommandGroup.Node, "Streams events, one line of JSON each.", json => json.DoneInfo)
    {
        Waits = _ => true,
    };
}
