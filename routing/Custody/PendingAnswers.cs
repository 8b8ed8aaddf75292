using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>Custody answers for one neighbour that wait for the end of the batch, or for room on its link.</summary>
internal sealed class PendingAnswers(int mtu)
{
    // A neighbour that sends this much without our being able to answer finds its frames unanswered; arbitrary.
    private const int Most = 16 * 1024;
    private const int LargestFrame = 2048;

    private readonly int _frameSize = Math.Min(LargestFrame, mtu);
    private CustodyAnswer[] _answers = new CustodyAnswer[8];
    private int _count;

    /// <summary>True if nothing waits.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Adds an answer; false if too many wait.</summary>
    public bool TryAdd(CustodyCode code, ulong name)
    {
        if (_count == Most)
            return false;
        if (_count == _answers.Length)
            Array.Resize(ref _answers, _count * 2);
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
        return _count == 0;
    }
}
