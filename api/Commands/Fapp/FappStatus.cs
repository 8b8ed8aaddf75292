namespace QuicProChat.Mesh.Api;

/// <content><c>fapp-status</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-status</c>: what this node knows of appointments.</summary>
    public static CommandSpec<NoArguments, FappStatusInfo> FappStatus { get; } = new(
        "fapp-status", CommandGroup.Fapp, "What this node knows of appointments, and since when.",
        json => json.FappStatusInfo)
    {
        IsBrief = true,
        Console = [new("/fapp status", "", "regions, practices, age of the data")],
    };
}
