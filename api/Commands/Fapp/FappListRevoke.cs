namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-list-revoke</c> takes.</summary>
public sealed record FappListRevokeRequest
{
    /// <summary>The practice's address.</summary>
    public string? Practice { get; set; }
}

/// <content><c>fapp-list-revoke</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-list-revoke</c>: vouches for a practice no more.</summary>
    public static CommandSpec<FappListRevokeRequest, DoneInfo> FappListRevoke { get; } = new(
        "fapp-list-revoke", CommandGroup.Fapp, "Vouches for a practice no more.", json => json.DoneInfo,
        new ArgumentList<FappListRevokeRequest>()
            .Operand("practice", "The practice's address.", r => r.Practice, (r, v) => r.Practice = v))
    {
        Under = "list",
        IsBrief = true,
    };
}
