namespace QuicProChat.Mesh.Api;

/// <content><c>fapp-requests</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-requests</c>: requests at this node's practices.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<FappRequestInfo>> FappRequests { get; } = new(
        "fapp-requests", CommandGroup.Fapp, "Requests at this node's practices.",
        json => json.IReadOnlyListFappRequestInfo)
    {
        Console = [new("/fapp requests", "", "who asked for slots of this node's practice")],
        Rendering = FappRequestInfo.Show,
    };
}
