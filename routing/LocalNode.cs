using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>
/// This node as the mesh knows it. After a change call <see cref="Router.Reannounce"/>. The private key stays with
/// the signer.
/// </summary>
public sealed class LocalNode : IAnnounceSource
{
    private readonly byte[] _publicKey;
    private readonly MessageSigner _sign;

    /// <summary>Describes this node.</summary>
    /// <param name="publicKey">Ed25519, 32 bytes.</param>
    /// <param name="sign">Signs with the private key that belongs to it.</param>
    /// <param name="name">As <see cref="NodeName"/> allows; empty for none.</param>
    /// <param name="capabilities">What it does for others.</param>
    public LocalNode(
        ReadOnlySpan<byte> publicKey, MessageSigner sign, string name = "",
        Capabilities capabilities = Capabilities.Relay | Capabilities.StoreAndForward)
    {
        _publicKey = publicKey.ToArray();
        _sign = sign;
        Name = name;
        Capabilities = capabilities;
        Address = NodeAddress.Of(publicKey);
    }

    /// <summary>The address that the key gives.</summary>
    public NodeAddress Address { get; }

    /// <summary>Ed25519, 32 bytes.</summary>
    public ReadOnlySpan<byte> PublicKey => _publicKey;

    /// <summary>As <see cref="NodeName"/> allows; empty for none.</summary>
    public string Name { get; set; }

    /// <summary>What it does for others.</summary>
    public Capabilities Capabilities { get; set; }

    /// <summary>Which KeyPackage it offers; null for none.</summary>
    public KeyPackageHash? KeyPackage { get; set; }

    /// <inheritdoc/>
    public Announce Create(uint sequence) =>
        Announce.Create(sequence, _publicKey, Capabilities, KeyPackage, Name, _sign);
}
