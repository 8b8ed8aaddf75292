using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>Asks the application's rules, where it has any.</summary>
internal static class RulesFor
{
    internal static MlsError Check(
        MlsEnvironment environment, ResolvedProposal item, GroupState? state, RatchetTree tree)
    {
        if (environment.Rules is not { } rules)
            return MlsError.None;
        Verdict verdict = rules.Judge(CommitSummaries.Describe(item, tree), state!);
        return Errors.Of(verdict, MlsErrorCode.RefusedByRules, "12.1");
    }
}
