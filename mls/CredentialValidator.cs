using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls;

/// <summary>Where a credential turned up (RFC 9420, section 5.3.1).</summary>
public enum CredentialUse
{
    /// <summary>In a key package, an Add proposal, or the tree of a group that is being joined.</summary>
    Member,

    /// <summary>In an Update proposal or the path of a commit, in place of another credential.</summary>
    Replacement,

    /// <summary>In the path of an external commit.</summary>
    ExternalJoin,

    /// <summary>In the external_senders extension.</summary>
    ExternalSender,
}

/// <summary>
/// The Authentication Service of RFC 9420, section 5.3.1: the application says who is who. The library has checked the
/// form of the credential, and that an X.509 end entity certificate holds the signature key.
/// </summary>
public abstract class CredentialValidator
{
    /// <summary>Whether the credential speaks for the holder of the key.</summary>
    public abstract bool IsValid(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use);

    /// <summary>
    /// The same question, for who may have to wait for the answer: a commit or a Welcome that got
    /// <see cref="Verdict.NotKnownYet"/> fails with <see cref="MlsErrorCode.NotKnownYet"/>, changes nothing, and can be
    /// processed again. Unless overridden: what <see cref="IsValid"/> says. A credential that a member had before, for
    /// the same key, is not judged again (section 5.3.1 speaks of new ones): whether it has expired since is judged by
    /// different members at different times.
    /// </summary>
    public virtual Verdict Judge(Credential credential, ReadOnlyMemory<byte> signatureKey, CredentialUse use) =>
        IsValid(credential, signatureKey, use) ? Verdict.Accept : Verdict.Reject;

    /// <summary>
    /// Whether a member may replace one credential by the other, for who may have to wait for the answer. Unless
    /// overridden: what <see cref="IsValidSuccessor"/> says.
    /// </summary>
    public virtual Verdict JudgeSuccessor(Credential current, Credential next) =>
        IsValidSuccessor(current, next) ? Verdict.Accept : Verdict.Reject;

    /// <summary>
    /// Whether a member may replace one credential by the other. Unless overridden: only by an equal one.
    /// </summary>
    public virtual bool IsValidSuccessor(Credential current, Credential next)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(next);
        return current.SameAs(next);
    }

    /// <summary>
    /// Whether two leaves stand for one client (section 12.2), so that a group may hold only one of them. Unless
    /// overridden: never; equal signature keys are refused in any case.
    /// </summary>
    public virtual bool IsSameClient(LeafNode first, LeafNode second) => false;

    /// <summary>
    /// Whether two credentials present the same identity, as reinitialisation and branching ask (sections 11.2 and
    /// 11.3). Unless overridden: equal credentials do.
    /// </summary>
    public virtual bool IsSameMember(Credential first, Credential second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return first.SameAs(second);
    }

    /// <summary>
    /// Whether a client outside may ask to be added by itself (section 12.1.8). Unless overridden: no.
    /// </summary>
    public virtual bool MayProposeItself(Credential credential) => false;

    /// <summary>
    /// Whether a client may join by external commit (section 12.4.3.2), removing an old appearance of itself if
    /// <paramref name="removed"/> is given. Unless overridden: only in place of a member whose valid successor it is. A
    /// door for everybody who has a GroupInfo would let a removed member back in.
    /// </summary>
    public virtual bool MayJoinExternally(Credential credential, Credential? removed) =>
        removed is not null && IsValidSuccessor(removed, credential);
}
