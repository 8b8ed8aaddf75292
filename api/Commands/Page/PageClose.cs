namespace QuicProChat.Mesh.Api;

/// <content><c>page-close</c>.</content>
public static partial class Commands
{
    /// <summary><c>page-close</c>: logs every page out.</summary>
    public static CommandSpec<NoArguments, DoneInfo> PageClose { get; } = new(
        "page-close", CommandGroup.Page, "Logs every page out; links that nobody opened are void.",
        json => json.DoneInfo)
    {
        IsBrief = true,
    };
}
