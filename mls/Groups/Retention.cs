namespace QuicProChat.Mesh.Mls.Groups;

/// <summary>Which states stay, and what of them: a matter of the policy, the tip and the time alone.</summary>
internal static class Retention
{
    /// <summary>Settles and drops what is due.</summary>
    /// <returns>The states whose secrets became fewer; those that are gone are no longer in the core.</returns>
    internal static List<GroupEpoch> Apply(GroupCore core, GroupPolicy policy, DateTimeOffset now)
    {
        List<GroupEpoch> settled = [];
        List<GroupEpoch> dropped = [];
        int readable = 0;
        int aside = 0;
        foreach (GroupEpoch state in core.Others)
        {
            if (state.Trace.Standing == StateStanding.Live && !MayTakeCommits(core, state, policy, now))
            {
                state.Settle();
                settled.Add(state);
            }
            bool live = state.Trace.Standing == StateStanding.Live;
            bool crowded = !core.IsOnLine(state) && ++aside > policy.MaxSideStates;
            bool late = !live
                && (state.Trace.Standing == StateStanding.Closed || ++readable > policy.PastEpochs
                    || now >= Add(state.Trace.Left, policy.PastEpochLifetime));
            if (crowded || late)
                dropped.Add(state);
        }
        foreach (GroupEpoch state in dropped)
        {
            core.Others.Remove(state);
            settled.Remove(state);
            state.Dispose();
        }
        core.Log.Trim(policy.CommitHistory, core.IsLive);
        core.Resumption.Trim(Math.Max(1, policy.ResumptionEpochs));
        return settled;
    }

    /// <summary>
    /// Nothing was left later than now. What says so was written by another clock, and counts from now.
    /// </summary>
    internal static void Adjust(GroupCore core, DateTimeOffset now)
    {
        foreach (GroupEpoch state in core.All)
        {
            if (state.Trace.Left > now)
                state.Trace.Left = now;
        }
    }

    /// <summary>When time alone will next take something away; null if nothing waits for that.</summary>
    internal static DateTimeOffset? NextDue(GroupCore core, GroupPolicy policy)
    {
        DateTimeOffset? due = core.Status == GroupStatus.ReInitialised && !core.Tip.Secrets.AreGone
            ? EndOfComparing(core, policy)
            : null;
        foreach (GroupEpoch state in core.Others)
        {
            TimeSpan lifetime = state.Trace.Standing == StateStanding.Live ? policy.ForkLifetime
                : policy.PastEpochLifetime;
            DateTimeOffset end = Add(state.Trace.Left, lifetime);
            if (due is null || end < due)
                due = end;
        }
        return due;
    }

    /// <summary>When members of a group that ended have had time to compare what they exported.</summary>
    internal static DateTimeOffset EndOfComparing(GroupCore core, GroupPolicy policy) =>
        Add(core.Tip.Trace.Left, policy.PastEpochLifetime);

    private static bool MayTakeCommits(GroupCore core, GroupEpoch state, GroupPolicy policy, DateTimeOffset now) =>
        policy.ForkEpochs > 0 && now < Add(state.Trace.Left, policy.ForkLifetime)
        && (core.Tip.Number <= state.Number || core.Tip.Number - state.Number <= (ulong)policy.ForkEpochs);

    /// <summary>A moment some time later; the application may say "for ever".</summary>
    internal static DateTimeOffset Add(DateTimeOffset from, TimeSpan lifetime) =>
        lifetime < DateTimeOffset.MaxValue - from ? from + lifetime : DateTimeOffset.MaxValue;
}
