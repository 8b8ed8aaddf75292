namespace QuicProChat.Mesh.Api;

/// <content><c>fapp-attest-revoke</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-attest-revoke</c>: takes back what a card said.</summary>
    public static CommandSpec<NoArguments, DoneInfo> FappAttestRevoke { get; } = new(
        "fapp-attest-revoke", CommandGroup.Fapp, "Takes back what a card said of this node's key.",
        json => json.DoneInfo)
    {
        Under = "attest",
        IsBrief = true,
    };
}
