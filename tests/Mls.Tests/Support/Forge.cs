using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Groups;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>What a dishonest member can make with the keys it rightly has: anything, properly signed.</summary>
internal static class Forge
{
    internal static byte[] Commit(
        Group from, Proposal[] proposals, UpdatePath? path = null, byte[]? confirmationTag = null) =>
        Commit(from, [.. proposals.Select(p => new ProposalOrRef(p, default))], path, confirmationTag);

    internal static byte[] Commit(
        Group from, ProposalOrRef[] proposals, UpdatePath? path = null, byte[]? confirmationTag = null)
    {
        FramedContent content = FramedContent.ForCommit(Header(from), new Commit(proposals, path));
        return Public(from, content, confirmationTag ?? new byte[32]);
    }

    internal static byte[] Proposal(Group from, Proposal proposal) =>
        Public(from, FramedContent.ForProposal(Header(from), proposal), default);

    internal static byte[] Public(
        Group from, FramedContent content, ReadOnlyMemory<byte> confirmationTag, MlsIdentity? signer = null,
        byte[]? membershipKey = null)
    {
        GroupContext context = from.Current.Context;
        byte[] signature =
            AuthenticatedContent.Sign(WireFormat.PublicMessage, content, context, (signer ?? from.Identity).Signer);
        AuthenticatedContent authenticated = new(WireFormat.PublicMessage, content, signature, confirmationTag);
        return PublicMessage.Protect(from.Current.Suite, authenticated, context, membershipKey
            ?? from.Current.Secrets.MembershipKey).ToMessage();
    }

    /// <summary>A private message of content that was signed in some way.</summary>
    internal static byte[] Private(Group from, FramedContent content, byte[] signature, PaddingPolicy padding = default)
    {
        AuthenticatedContent authenticated = new(WireFormat.PrivateMessage, content, signature, default);
        return MessageProtection.Protect(
            from.Current.Suite, from.Current.SecretTree, from.Current.Secrets.SenderDataSecret, authenticated, padding,
            RandomSource.System)!.ToMessage();
    }

    internal static FramedHeader Header(Group from, uint? sender = null, ulong? epoch = null) =>
        new(from.GroupId, epoch ?? from.Epoch, new Sender(SenderType.Member, sender ?? from.Self.Value), default);

    /// <summary>A valid path of a member that commits nothing else, to be spoilt.</summary>
    internal static UpdatePath Path(Group from) =>
        UnverifiedMessage.Parse(Fresh(from)).Value.Public!.Content.Commit!.Path!;

    /// <summary>A leaf of a member, signed, with whatever a test wants to be wrong.</summary>
    internal static LeafNode Leaf(
        Group from, byte[]? parentHash, byte[]? encryptionKey = null, Capabilities? capabilities = null,
        ExtensionList? extensions = null,
        MlsIdentity? identity = null, LeafIndex? index = null, byte[]? groupId = null)
    {
        LeafNode current = from.Current.Tree.Leaf(from.Self)!;
        MlsIdentity who = identity ?? from.Identity;
        LeafNodeContent content = new(
            encryptionKey ?? from.Current.Suite.Kem.Generate(RandomSource.System).PublicKey, who.Credential,
            capabilities ?? current.Capabilities, extensions ?? current.Extensions);
        return content.SignForGroup(who.Signer, parentHash, groupId ?? from.GroupId.Span, index ?? from.Self);
    }

    internal static UnverifiedKeyPackage KeyPackage(
        TestClient of, Func<LeafNodeContent, LeafNodeContent>? change = null, ulong? notBefore = null,
        ulong? notAfter = null,
        bool initIsLeafKey = false, CipherSuite? suite = null, MlsIdentity? signer = null, LeafNode? leaf = null)
    {
        Suite s = Suite.Require(suite ?? of.Identity.CipherSuite);
        Suite own = Suite.Require(of.Identity.CipherSuite);
        byte[] key = own.Kem.Generate(RandomSource.System).PublicKey;
        LeafNodeContent content = new(
            key, of.Identity.Credential, new Capabilities { CipherSuites = [(ushort)s.Id, (ushort)own.Id] },
            ExtensionList.Empty);
        content = change?.Invoke(content) ?? content;
        ulong now = (ulong)of.Time.Now.ToUnixTimeSeconds();
        leaf ??= content.SignForKeyPackage((signer ?? of.Identity).Signer, notBefore ?? now, notAfter ?? (now + 1000));
        byte[] init = initIsLeafKey ? leaf.EncryptionKey.ToArray() : own.Kem.Generate(RandomSource.System).PublicKey;
        return UnverifiedKeyPackage.Create(s, init, leaf, ExtensionList.Empty, of.Identity.Signer);
    }

    private static byte[] Fresh(Group from)
    {
        CommitCreator creator = new(TestEnvironment.Create(), CommitBase.Of(from.Current), _ => null);
        CommitPlan plan = new()
        {
            Signer = from.Identity,
            Identity = from.Identity,
            Capabilities = from.Current.Tree.Leaf(from.Self)!.Capabilities,
            LeafExtensions = from.Current.Tree.Leaf(from.Self)!.Extensions,
            Encrypt = false,
        };
        MlsError error = creator.Create([], plan, out CreatedCommit created);
        Assert.False(error.Failed, error.ToString());
        return PublicMessage.Protect(
            from.Current.Suite, created.Content, from.Current.Context, from.Current.Secrets.MembershipKey).ToMessage();
    }
}
