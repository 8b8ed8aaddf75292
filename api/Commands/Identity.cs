namespace QuicProChat.Mesh.Api;

/// <summary>Who this node is.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Hex">The address in hexadecimal digits.</param>
/// <param name="PublicKey">Its Ed25519 public key in hexadecimal digits.</param>
/// <param name="Name">What it announces.</param>
public sealed record IdentityInfo(string Address, string Hex, string PublicKey, string Name);

/// <content><c>identity</c>.</content>
public static partial class Commands
{
    /// <summary><c>identity</c>: address and public key.</summary>
    public static CommandSpec<NoArguments, IdentityInfo> Identity { get; } = new(
        "identity", CommandGroup.Node, "Address and public key.", json => json.IdentityInfo)
    {
        IsBrief = true,
        Console = [new("/whoami", "", "this node's address"), new("/mesh identity", "", "address and public key")],
    };
}
