namespace QuicProChat.Mesh.Api;

/// <content><c>shutdown</c>.</content>
public static partial class Commands
{
    /// <summary><c>shutdown</c>: ends the daemon in order.</summary>
    public static CommandSpec<NoArguments, DoneInfo> Shutdown { get; } = new(
        "shutdown", CommandGroup.Node, "Ends the daemon in order.", json => json.DoneInfo)
    {
        IsBrief = true,
    };
}
