using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Mls;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>What this node and one member have told each other; in memory alone.</summary>
internal sealed class MemberSync
{
    /// <summary>Bytes of frames that are read of one member: at once, and in each minute. Arbitrary.</summary>
    private const int MaxBytes = 512 << 10;

    /// <summary>
    /// Commits that are verified for one member: at once, and in each minute. Arbitrary; each costs a millisecond.
    /// </summary>
    private const int MaxCommits = 300;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private (StateId Theirs, StateId Mine) _told;
    private TimeSpan _toldAt = TimeSpan.MinValue;
    private TimeSpan _lineAt = TimeSpan.MinValue;
    private TimeSpan _tipAt = TimeSpan.MinValue;

    internal Allowance Reading { get; } = new(MaxBytes, Minute);

    internal Allowance Serving { get; } = new(MaxBytes, Minute);

    internal Allowance Commits { get; } = new(MaxCommits, Minute);

    /// <summary>Since when it stands where this node cannot follow; null if it does not.</summary>
    internal TimeSpan? DivergedSince { get; set; }

    /// <summary>The state where it stands, that this node does not know.</summary>
    internal StateId DivergedAt { get; set; }

    /// <summary>When it is judged which branch wins; in running time.</summary>
    internal TimeSpan JudgeAt { get; set; }

    /// <summary>How long this node holds its commits back over it: in all, and in each hour. It cannot keep others from
    /// committing by telling of states that there are not.</summary>
    internal Allowance Patience { get; } = new(90, TimeSpan.FromHours(1));

    /// <summary>It stands on the branch that this node asked to be taken into.</summary>
    internal bool HasWon { get; set; }

    /// <summary>It stands on a branch that fewer follow: it will come back, or not.</summary>
    internal bool IsOutvoted { get; set; }

    /// <summary>When it was heard last; in running time.</summary>
    internal TimeSpan HeardAt { get; set; }

    /// <summary>The oldest epoch in which it could still follow another commit.</summary>
    internal ulong Base { get; set; }

    /// <summary>The line that it told, in one frame or several.</summary>
    internal IReadOnlyList<LineEntry> Line { get; private set; } = [];

    /// <summary>The last order about this node in its state.</summary>
    internal Digest LastOrder { get; set; }

    /// <summary>When it is told again what it lacks, if it has not come along by then; in running time.</summary>
    internal TimeSpan RepeatAt { get; private set; } = TimeSpan.MaxValue;

    private const int MostDoublings = 8;

    private TimeSpan _answerAt = TimeSpan.MinValue;
    private int _asked;
    private int _repeated;

    /// <summary>
    /// It was told what it lacks: an answer to a question may be lost, so that it is told again, ever more seldom.
    /// </summary>
    internal void PlanToRepeat(TimeSpan at, TimeSpan again)
    {
        const int most = 6;
        RepeatAt = _repeated < most ? at + (again * (1 << _repeated)) : TimeSpan.MaxValue;
        _repeated++;
    }

    /// <summary>It came along, or something else is to be said.</summary>
    internal void StopRepeating() => (RepeatAt, _repeated) = (TimeSpan.MaxValue, 0);

    /// <summary>
    /// Takes what it tells of its line together with what it told before, unless it went another way since: the newest
    /// of it, as far as there is room.
    /// </summary>
    /// <param name="entries">What it tells, oldest first.</param>
    /// <param name="room">Entries that may be kept.</param>
    internal void Told(IReadOnlyList<LineEntry> entries, int room)
    {
        Dictionary<ulong, LineEntry> known = Line.ToDictionary(e => e.Epoch);
        bool goesOn = Line.Count + entries.Count <= 2 * LineBody.MaxEntries
            && entries.All(e => !known.TryGetValue(e.Epoch, out LineEntry before) || before.State == e.State)
            && (entries.Count == 0 || Line.Count == 0 || entries[^1].Epoch >= Line[^1].Epoch);
        if (!goesOn)
            known.Clear();
        foreach (LineEntry entry in entries)
            known[entry.Epoch] = entry;
        Line = [.. known.Values.OrderBy(e => e.Epoch).TakeLast(room)];
    }

    internal bool MayTell(TimeSpan at, StateId theirs, StateId mine, TimeSpan again)
    {
        if (_told == (theirs, mine) && at < _toldAt + again)
            return false;
        if (_told != (theirs, mine))
            StopRepeating();
        (_told, _toldAt) = ((theirs, mine), at);
        return true;
    }

    /// <summary>Asks ever more seldom where it came along, until it is found again or can be followed.</summary>
    internal bool MaySendLine(TimeSpan at, TimeSpan again)
    {
        if (!May(ref _lineAt, at, again * (1 << _asked)))
            return false;
        _asked = Math.Min(_asked + 1, MostDoublings);
        return true;
    }

    internal bool MayAnswerLine(TimeSpan at, TimeSpan again) => May(ref _answerAt, at, again);

    /// <summary>It was found again, or can be followed.</summary>
    internal void AskFreely() => _asked = 0;

    internal bool MaySendTip(TimeSpan at, TimeSpan again) => May(ref _tipAt, at, again);

    private static bool May(ref TimeSpan last, TimeSpan at, TimeSpan again)
    {
        if (last != TimeSpan.MinValue && at < last + again)
            return false;
        last = at;
        return true;
    }
}
