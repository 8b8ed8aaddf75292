using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>How a group that follows another relates to it (RFC 9420, sections 11.2, 11.3 and 12.4.3.1).</summary>
internal static class SuccessorRules
{
    /// <summary>What a member checks that was welcomed with a PSK of usage reinit or branch.</summary>
    internal static MlsError CheckJoined(MlsEnvironment environment, GroupEpoch joined, PreSharedKeyId psk, Group old)
    {
        if (joined.Context.Epoch != 1)
            return Errors.At(MlsErrorCode.InvalidSuccessor, "12.4.3.1");
        if (psk.Usage == ResumptionUsage.Branch)
        {
            return joined.Suite.Id == old.CipherSuite && Contains(environment, old.Members, joined.Tree)
                ? MlsError.None
                : Errors.At(MlsErrorCode.InvalidSuccessor, "11.3");
        }
        bool matches = old.ReInit is { } reInit && psk.Epoch == old.Epoch
            && reInit.Version == Protocol.Version && reInit.CipherSuite == joined.Suite.Id
            && reInit.GroupId.Span.SequenceEqual(joined.Context.GroupId.Span)
            && reInit.Extensions.SameAs(joined.Context.Extensions)
            && Covers(environment, joined.Tree, old.Members);
        return matches ? MlsError.None : Errors.At(MlsErrorCode.InvalidSuccessor, "11.2");
    }

    /// <summary>Whether every member of the new tree is one of the old group.</summary>
    internal static bool Contains(MlsEnvironment environment, IReadOnlyList<Member> old, RatchetTree tree) =>
        tree.Members().All(m => old.Any(o => environment.Validator.IsSameMember(o.Credential, m.Leaf.Credential)));

    /// <summary>Whether every member of the old group is in the new tree.</summary>
    internal static bool Covers(MlsEnvironment environment, RatchetTree tree, IReadOnlyList<Member> old)
    {
        List<Credential> present = [.. tree.Members().Select(m => m.Leaf.Credential)];
        return old.All(o => present.Exists(p => environment.Validator.IsSameMember(o.Credential, p)));
    }
}
