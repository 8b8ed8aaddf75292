using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// What a commit in the clear shows to whoever has the context of the state that it was made on, and no secret of it:
/// who signed what (RFC 9420, section 6.1). Two commits of one member on one state prove that it plays foul, to
/// everybody.
/// </summary>
public sealed class CommitEvidence
{
    private readonly AuthenticatedContent _authenticated;

    private CommitEvidence(UnverifiedMessage message, AuthenticatedContent authenticated)
    {
        Message = message;
        _authenticated = authenticated;
    }

    /// <summary>The commit, as only a group can verify the rest of it.</summary>
    public UnverifiedMessage Message { get; }

    /// <summary>Who claims to have made it.</summary>
    public LeafIndex Committer => new(_authenticated.Content.Sender.Index);

    /// <summary>What it carries in the clear beside the commit.</summary>
    public ReadOnlyMemory<byte> AuthenticatedData => _authenticated.Content.AuthenticatedData;

    /// <summary>What is signed, without the context: equal for two copies of one commit.</summary>
    public ReadOnlyMemory<byte> SignedContent => _authenticated.Content.Encoded;

    /// <summary>The clients that it adds by value.</summary>
    public IEnumerable<UnverifiedKeyPackage> Added => _authenticated.Content.Commit!.Proposals
        .Select(p => p.Proposal).OfType<AddProposal>().Select(a => a.KeyPackage);

    /// <summary>How many proposals it refers to that travelled by themselves.</summary>
    public int References => _authenticated.Content.Commit!.Proposals.Count(p => p.Proposal is null);

    /// <summary>Takes a member's commit in the clear; null if it is anything else.</summary>
    public static CommitEvidence? Of(UnverifiedMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Public is { } open && open.Content.ContentType == ContentType.Commit
            && open.Content.Sender.Type == SenderType.Member
            ? new CommitEvidence(message, open.Authenticated)
            : null;
    }

    /// <summary>Whether the holder of a key signed it in a context.</summary>
    /// <param name="groupContext">The encoded context, as <see cref="Group.ContextOf"/> gives it.</param>
    /// <param name="signatureKey">The public signature key.</param>
    public bool IsSignedBy(ReadOnlyMemory<byte> groupContext, ReadOnlySpan<byte> signatureKey)
    {
        MlsReader reader = new(groupContext);
        return GroupContext.TryRead(ref reader, out GroupContext context, out ushort version) && reader.AtEnd
            && version == Protocol.Version && context.GroupId.Span.SequenceEqual(Message.GroupId.Span)
            && context.Epoch == Message.Epoch && Suite.Find(context.CipherSuite) is { } suite
            && _authenticated.VerifySignature(suite, signatureKey, context);
    }
}
