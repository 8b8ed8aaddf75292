namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-list-sign</c> takes.</summary>
public sealed record FappListSignRequest
{
    /// <summary>The practice's address.</summary>
    public string? Practice { get; set; }
}

/// <content><c>fapp-list-sign</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-list-sign</c>: vouches for a practice.</summary>
    public static CommandSpec<FappListSignRequest, DoneInfo> FappListSign { get; } = new(
        "fapp-list-sign", CommandGroup.Fapp, "Vouches for a practice with this node's key, for a year.",
        json => json.DoneInfo,
        new ArgumentList<FappListSignRequest>()
            .Operand("practice", "The practice's address.", r => r.Practice, (r, v) => r.Practice = v))
    {
        Under = "list",
        IsBrief = true,
    };
}
