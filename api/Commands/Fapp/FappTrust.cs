namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-trust</c> takes.</summary>
public sealed record FappTrustRequest
{
    /// <summary>The organisation's public key: 64 hexadecimal digits, as its node's identity shows.</summary>
    public string? Organisation { get; set; }

    /// <summary>Trust it no more.</summary>
    public bool Remove { get; set; }
}

/// <content><c>fapp-trust</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-trust</c>: trusts an organisation's list.</summary>
    public static CommandSpec<FappTrustRequest, FappTrustInfo> FappTrust { get; } = new(
        "fapp-trust", CommandGroup.Fapp,
        "Trusts the list of an organisation: whom it vouches for has level list. Without a key it shows whom this "
            + "node trusts.", json => json.FappTrustInfo,
        new ArgumentList<FappTrustRequest>()
            .OptionalOperand(
                "organisation", "The organisation's public key: 64 hexadecimal digits, as its node's identity shows.",
                r => r.Organisation, (r, v) => r.Organisation = v)
            .Flag("remove", "Trust it no more.", r => r.Remove, (r, v) => r.Remove = v))
    {
        IsBrief = true,
    };
}
