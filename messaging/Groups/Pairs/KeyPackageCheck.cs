using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Groups.Pairs;

/// <summary>Whether a KeyPackage is its owner's and fits our groups, whoever brought it.</summary>
internal static class KeyPackageCheck
{
    /// <summary>Verifies one: two signatures.</summary>
    /// <param name="client">The library's client.</param>
    /// <param name="suite">For which suite.</param>
    /// <param name="owner">Whose it has to be.</param>
    /// <param name="message">An MLSMessage.</param>
    /// <param name="forPair">It has to say that its owner knows pairs.</param>
    /// <returns>The KeyPackage; null if it does not hold.</returns>
    internal static KeyPackage? Verify(
        MlsClient client, CipherSuite suite, in NodeAddress owner, ReadOnlySpan<byte> message, bool forPair) =>
        message.Length <= OrderWithKeys.MaxKeyPackage
        && UnverifiedKeyPackage.Parse(message).TryGet(out UnverifiedKeyPackage? package)
        && package.CipherSuite == suite && AddressCredential.AddressOf(package.Leaf) == owner
        && package.Leaf.Capabilities.Extensions.Contains(GroupContextExtension.Type)
        && (!forPair || package.Leaf.Capabilities.Extensions.Contains(PairExtension.Type))
        && client.Verify(package).TryGet(out KeyPackage? verified) ? verified : null;
}
