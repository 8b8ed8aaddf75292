using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>
/// The committer's side of an UpdatePath (RFC 9420, section 7.5): fresh secrets, the new leaf, the new tree.
/// </summary>
internal sealed class OwnPath : IDisposable
{
    private readonly PathStep[] _steps;
    private readonly PathSecrets _secrets;
    private readonly byte[] _leafKey;
    private bool _keysTaken;

    private OwnPath(PathStep[] steps, PathSecrets secrets, byte[] leafKey, LeafNode leaf, RatchetTree tree)
    {
        _steps = steps;
        _secrets = secrets;
        _leafKey = leafKey;
        Leaf = leaf;
        Tree = tree;
    }

    internal LeafNode Leaf { get; }

    internal RatchetTree Tree { get; }

    internal byte[] CommitSecret => _secrets.CommitSecret;

    internal static OwnPath Create(
        MlsEnvironment environment, Suite suite, CommitBase from, CommitPlan plan, RatchetTree tree, LeafIndex self)
    {
        PathStep[] steps = tree.FilteredPath(self);
        PathSecrets secrets = PathSecrets.Derive(suite, environment.Random.Bytes(suite.HashSize), steps.Length);
        ReadOnlyMemory<byte>[] publicKeys = new ReadOnlyMemory<byte>[steps.Length];
        for (int i = 0; i < steps.Length; i++)
            publicKeys[i] = secrets.KeyPairs[i].PublicKey;
        ParentNode[] nodes = tree.PathNodes(steps, publicKeys, out byte[] parentHash);
        HpkeKeyPair leafPair = suite.Kem.Generate(environment.Random);
        LeafNodeContent content =
            new(leafPair.PublicKey, plan.Identity.Credential, plan.Capabilities, plan.LeafExtensions);
        LeafNode leaf = content.SignForGroup(plan.Identity.Signer, parentHash, from.Context.GroupId.Span, self);
        return new OwnPath(steps, secrets, leafPair.PrivateKey, leaf, tree.WithPath(self, leaf, steps, nodes));
    }

    /// <summary>Encrypts the path secrets under the provisional group context (section 12.4.1).</summary>
    internal MlsError Encrypt(
        MlsEnvironment environment, Suite suite, CommitBase from, AppliedProposals applied, out UpdatePath? path)
    {
        path = null;
        GroupContext provisional = from.Context.Next(
            Tree.Hash, from.Context.ConfirmedTranscriptHash, applied.Requirements.Extensions);
        HashSet<uint> newLeaves = [.. applied.NewLeaves];
        MlsError error = TreeKem.Encrypt(suite, _steps, _secrets, newLeaves, provisional.Encoded, environment.Random,
            out UpdatePathNode[] nodes);
        if (!error.Failed)
            path = new UpdatePath(Leaf, nodes);
        return error;
    }

    /// <summary>The private keys after this path; they are the caller's from then on.</summary>
    internal PathKeys TakeKeys(PathKeys? before)
    {
        _keysTaken = true;
        PathKeys keys = before?.Copy() ?? PathKeys.ForLeaf(_leafKey);
        keys[0] = _leafKey;
        for (int i = 0; i < _steps.Length; i++)
            keys[_steps[i].Level] = _secrets.KeyPairs[i].PrivateKey;
        return keys;
    }

    /// <summary>
    /// The path secret of the lowest node above both the committer and a new leaf (section 12.4.3.1).
    /// </summary>
    internal byte[] SecretFor(LeafIndex self, LeafIndex newLeaf)
    {
        int level = TreeMath.CommonAncestorLevel(self, newLeaf);
        return _secrets.Secrets[Array.FindIndex(_steps, s => s.Level == level)];
    }

    public void Dispose()
    {
        _secrets.Dispose();
        if (_keysTaken)
            return;
        Crypto.Secrets.Zero(_leafKey);
        foreach (HpkeKeyPair pair in _secrets.KeyPairs)
            Crypto.Secrets.Zero(pair.PrivateKey);
    }
}
