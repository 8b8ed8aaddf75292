namespace QuicProChat.Mesh.Api;

/// <content><c>announce</c>.</content>
public static partial class Commands
{
    /// <summary><c>announce</c>: announces this node anew.</summary>
    public static CommandSpec<NoArguments, DoneInfo> Announce { get; } = new(
        "announce", CommandGroup.Node, "Announces this node anew.", json => json.DoneInfo)
    {
        IsBrief = true,
        Console = [new("/mesh announce", "", "announce this node anew")],
    };
}
