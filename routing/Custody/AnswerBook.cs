using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// Custody said by this node: who waits for an answer about which envelope, and the answers that are on their way. What
/// is
/// answered is for <see cref="CustodyEngine"/> to decide.
/// </summary>
/// <param name="links">The links by their numbers.</param>
/// <param name="actions">Where frames go.</param>
/// <param name="counters">What is counted.</param>
/// <param name="written">Called for a link to which answers were written.</param>
internal sealed class AnswerBook(
    List<LinkState?> links, IRouterActions actions, RouterCounters counters, Action<LinkId, LinkState> written)
{
    /// <summary>Answers that may wait on all links, beyond the few that each has: 512 kB. Arbitrary.</summary>
    internal const int MaxWaiting = 32 * 1024;

    private readonly List<int> _listed = [];

    /// <summary>Places for answers that all links share.</summary>
    public AnswerBudget Budget { get; } = new(MaxWaiting);

    /// <summary>Answers are to be sent at the end of the batch.</summary>
    public bool HasWork => _listed.Count > 0;

    /// <summary>A neighbour waits for custody of an envelope: it is answered when that is certain.</summary>
    public void Owe(ref HeldEntry entry, LinkId link, ulong name)
    {
        uint epoch = links[link.Value]!.Epoch;
        for (int i = 0; i < entry.OwedCount; i++)
        {
            ref Owed owed = ref entry.Owed[i];
            if (!Stands(owed))
            {
                // That link is gone: nobody waits for this answer any more.
                owed = new Owed { Link = link.Value, Epoch = epoch, Name = name };
                return;
            }

            if (owed.Link == link.Value && owed.Name == name)
                return;
        }

        if (entry.OwedCount == OwedAnswers.Count)
        {
            Answer(link, CustodyCode.TooFast, name);
            return;
        }

        entry.Owed[entry.OwedCount++] = new Owed { Link = link.Value, Epoch = epoch, Name = name };
    }

    /// <summary>Answers all neighbours that wait for custody of an envelope.</summary>
    public void AnswerOwed(ref HeldEntry entry, CustodyCode code)
    {
        for (int i = 0; i < entry.OwedCount; i++)
        {
            ref Owed owed = ref entry.Owed[i];
            if (Stands(owed))
                Answer(new LinkId(owed.Link), code, owed.Name);
        }

        entry.OwedCount = 0;
    }

    /// <summary>Answers a frame; the answer leaves at the end of the batch.</summary>
    public void Answer(LinkId link, CustodyCode code, ulong name)
    {
        if (code == CustodyCode.Taken)
            counters.Add(RouterCounter.CustodyTaken);
        PendingAnswers answers = links[link.Value]!.Answers;
        if (!answers.TryAdd(code, name))
            counters.Add(RouterCounter.AnswersDropped);
        else if (!answers.IsListed && !answers.IsBlocked)
            List(link.Value, answers);
    }

    /// <summary>There may be room on a link again for what waits.</summary>
    public void TryAgain(LinkId link, PendingAnswers answers)
    {
        if (!answers.IsEmpty)
            List(link.Value, answers);
    }

    /// <summary>Sends what waits for a link now.</summary>
    public void Send(LinkId link, PendingAnswers answers)
    {
        if (!answers.IsEmpty)
            answers.IsBlocked = !answers.Flush(actions, link);
    }

    /// <summary>Sends what waits for all links; called once after a batch.</summary>
    public void Flush()
    {
        foreach (int link in _listed)
        {
            if (links[link] is not { Answers: { IsListed: true } answers } state)
                continue;
            answers.IsListed = false;
            if (state.NextWrite != default || answers.IsEmpty)
                continue;
            Send(new LinkId(link), answers);
            written(new LinkId(link), state);
        }

        _listed.Clear();
    }

    private bool Stands(in Owed owed) => (uint)owed.Link < (uint)links.Count && links[owed.Link]?.Epoch == owed.Epoch;

    private void List(int link, PendingAnswers answers)
    {
        answers.IsBlocked = false;
        answers.IsListed = true;
        _listed.Add(link);
    }
}
