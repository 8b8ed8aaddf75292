using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// What every joiner checks of a GroupInfo and its tree (RFC 9420, sections 12.4.3, 12.4.3.1 and 12.4.3.3).
/// </summary>
internal static class JoinValidator
{
    /// <summary>Finds the tree in the GroupInfo or beside it, and checks all of it.</summary>
    internal static MlsError Check(
        MlsEnvironment environment, Suite suite, UnverifiedGroupInfo info, ReadOnlyMemory<byte>? suppliedTree,
        out RatchetTree tree, out GroupRequirements requirements)
    {
        tree = null!;
        requirements = null!;
        if (info.Version != Protocol.Version)
            return Errors.At(MlsErrorCode.UnsupportedVersion, "12.4.3.1");
        if (info.CipherSuite != suite.Id)
            return Errors.At(MlsErrorCode.UnsupportedCipherSuite, "12.4.3.1");
        if (!info.Extensions.TryFind(ExtensionType.RatchetTree, out ReadOnlyMemory<byte> encoded))
        {
            if (suppliedTree is not { } supplied)
                return Errors.At(MlsErrorCode.MissingRatchetTree, "12.4.3.1");
            encoded = supplied;
        }
        MlsError error = RatchetTree.TryRead(suite, encoded, out tree);
        if (error.Failed)
            return error;

        // The hash comes first: it is cheap beside the signatures, and the signature on GroupInfo stands for it.
        if (!info.Context.TreeHash.Span.SequenceEqual(tree.Hash))
            return Errors.At(MlsErrorCode.TreeHashMismatch, "12.4.3.1");
        if (tree.Leaf(info.Signer) is not { } signer || !info.VerifySignature(suite, signer.SignatureKey.Span))
            return Errors.At(MlsErrorCode.InvalidSignature, "12.4.3.1");
        error = GroupRequirements.TryParse(info.Context.Extensions, out requirements);
        if (!error.Failed)
            error = new ProposalValidator(environment, suite, info.Context, tree)
                .CheckExtensions(info.Context.Extensions);
        if (!error.Failed)
            error = TreeShapeValidator.Check(tree);
        if (!error.Failed && !ParentHashValidator.IsValid(tree))
            error = Errors.At(MlsErrorCode.InvalidParentHash, "7.9.2");
        if (!error.Failed)
            error = LeafValidator.CheckCredentialTypes(tree);
        return error.Failed ? error : CheckLeaves(environment, suite, info.Context, tree, requirements);
    }

    private static MlsError CheckLeaves(
        MlsEnvironment environment, Suite suite, GroupContext context, RatchetTree tree, GroupRequirements requirements)
    {
        LeafValidator validator = new(environment, suite);
        foreach ((LeafIndex index, LeafNode leaf) in tree.Members())
        {
            MlsError error = validator.Check(
                leaf, context.GroupId.Span, index, environment.Policy.CheckReceivedLifetimes, CredentialUse.Member);
            if (!error.Failed)
                error = LeafValidator.CheckAgainstGroup(leaf, requirements);
            if (error.Failed)
                return error;
        }
        return MlsError.None;
    }
}
