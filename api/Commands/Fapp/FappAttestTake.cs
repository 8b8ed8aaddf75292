namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-attest-take</c> takes.</summary>
public sealed record FappAttestTakeRequest
{
    /// <summary>The signed statement in Base64.</summary>
    public string? Data { get; set; }

    /// <summary>Which of this node's practices: 0, unless it has several.</summary>
    public int? Place { get; set; }

    /// <summary>The mesh key that the card takes back; without it the card speaks for this node's key.</summary>
    public string? Revoke { get; set; }
}

/// <content><c>fapp-attest-take</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-attest-take</c>: takes a signed statement.</summary>
    public static CommandSpec<FappAttestTakeRequest, DoneInfo> FappAttestTake { get; } = new(
        "fapp-attest-take", CommandGroup.Fapp,
        "Takes what the card's software made of the statement, as Base64; 'attest import FILE' reads a file.",
        json => json.DoneInfo,
        new ArgumentList<FappAttestTakeRequest>()
            .Operand("data", "The signed statement in Base64.", r => r.Data, (r, v) => r.Data = v)
            .Number("place", "N", "Which of this node's practices: 0, unless it has several.", r => r.Place,
                (r, v) => r.Place = v)
            .Option("revoke", "KEY", "The mesh key that the card takes back, if it does.", r => r.Revoke,
                (r, v) => r.Revoke = v))
    {
        Under = "attest",
        IsBrief = true,
    };
}
