using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>Places for custody answers that all links share, beyond the few that each has by itself.</summary>
/// <param name="places">How many there are; 16 bytes each.</param>
internal sealed class AnswerBudget(int places)
{
    /// <summary>Places that nobody has.</summary>
    public int Free { get; private set; } = places;

    /// <summary>
    /// Takes more places for a link; no link gets more than half of what is free, so that there is some for the next.
    /// </summary>
    public bool TryTake(int more)
    {
        if (more > Free / 2)
            return false;
        Free -= more;
        return true;
    }

    /// <summary>Gives places back.</summary>
    public void GiveBack(int places) => Free += places;
}

/// <summary>Custody answers for one neighbour that wait for the end of the batch, or for room on its link.</summary>
internal sealed class PendingAnswers(int mtu, AnswerBudget budget)
{
    /// <summary>Answers that every link has room for, whatever others have: with 256 links 256 kB in all.</summary>
    internal const int OfEach = 64;

    /// <summary>Most on one link: a neighbour that lets more wait finds its frames unanswered. Arbitrary.</summary>
    internal const int Most = 16 * 1024;

    // What a busy link needs again and again is not given back each time.
    private const int Kept = 1024;
    private const int LargestFrame = 2048;

    private readonly int _frameSize = Math.Min(LargestFrame, mtu);
    private CustodyAnswer[] _answers = new CustodyAnswer[8];
    private int _count;

    /// <summary>In the list of links with answers to send.</summary>
    public bool IsListed { get; set; }

    /// <summary>They wait for room on the link.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>True if nothing waits.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Adds an answer; false if too many wait here, or on all links together.</summary>
    public bool TryAdd(CustodyCode code, ulong name)
    {
        if (_count == _answers.Length && !TryGrow())
            return false;
        _answers[_count++] = new CustodyAnswer(code, name);
        return true;
    }

    /// <summary>Sends what waits; false if the link has no room for all of it.</summary>
    public bool Flush(IRouterActions actions, LinkId link)
    {
        int done = 0;
        Span<byte> frame = stackalloc byte[_frameSize];
        frame[0] = (byte)FrameKind.CustodyAck;
        bool sent = true;
        while (done < _count && sent)
        {
            var writer = new CustodyAck.Writer(frame[1..]);
            int next = done;
            while (next < _count && writer.TryAdd(_answers[next].Code, _answers[next].Name))
                next++;
            sent = actions.Send(link, FrameClass.Control, frame[..(1 + writer.Length)]);
            if (sent)
                done = next;
        }

        Array.Copy(_answers, done, _answers, 0, _count - done);
        _count -= done;
        if (_count == 0 && _answers.Length > Kept)
            Release();
        return _count == 0;
    }

    /// <summary>
    /// Forgets what waits, and gives back what was taken of the budget: the link is gone, or has caught up.
    /// </summary>
    public void Release()
    {
        budget.GiveBack(Math.Max(0, _answers.Length - OfEach));
        _answers = new CustodyAnswer[8];
        _count = 0;
    }

    private bool TryGrow()
    {
        int size = 2 * _count;
        if (size > Most || (size > OfEach && !budget.TryTake(size - Math.Max(OfEach, _count))))
            return false;
        Array.Resize(ref _answers, size);
        return true;
    }
}
