namespace QuicProChat.Mesh.Api;

/// <content><c>fapp-refusals</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-refusals</c>: what practices refused in writing.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<FappRefusalInfo>> FappRefusals { get; } = new(
        "fapp-refusals", CommandGroup.Fapp, "What practices refused in writing, with the signatures.",
        json => json.IReadOnlyListFappRefusalInfo)
    {
        Rendering = FappRefusalInfo.Show,
    };
}
