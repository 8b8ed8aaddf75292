namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-attest-request</c> takes.</summary>
public sealed record FappAttestRequestRequest
{
    /// <summary>A mesh key that a card is to take back; without it the statement is one for this node's key.</summary>
    public string? Revoke { get; set; }
}

/// <content><c>fapp-attest-request</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-attest-request</c>: writes the statement that a card signs.</summary>
    public static CommandSpec<FappAttestRequestRequest, FappStatementInfo> FappAttestRequest { get; } = new(
        "fapp-attest-request", CommandGroup.Fapp, "Writes the statement that a professional or practice card signs.",
        json => json.FappStatementInfo,
        new ArgumentList<FappAttestRequestRequest>()
            .Option("revoke", "KEY", "Write that this mesh key (64 hexadecimal digits) is not the card's, instead.",
                r => r.Revoke, (r, v) => r.Revoke = v))
    {
        Under = "attest",
        IsBrief = true,
        Rendering = (screen, statement) => screen.Write(statement.Text),
    };
}
