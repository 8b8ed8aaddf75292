namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>
/// Takes KISS frames out of a stream of bytes: drops what lies outside frames, unescapes every argument, gives up a
/// frame that is too long, that is broken off by silence, or that holds an escape no sender makes.
/// </summary>
/// <param name="maxArgument">Longest argument in bytes, unescaped.</param>
/// <param name="silence">A frame that has been silent this long is abandoned.</param>
internal sealed class KissReader(int maxArgument, TimeSpan silence)
{
    private readonly byte[] _frame = new byte[maxArgument + 1];
    private readonly TimeSpan _silence = silence;
    private int _length;
    private bool _inside;
    private bool _escaped;
    private TimeSpan _last;

    /// <summary>Bytes that were part of no frame.</summary>
    internal long Garbage { get; private set; }

    /// <summary>Takes one byte. True when it ended a frame; the frame stays valid until the next byte.</summary>
    internal bool TryRead(byte b, TimeSpan now, out byte command, out ReadOnlySpan<byte> argument)
    {
        command = 0;
        argument = default;
        if (_inside && _length > 0 && now - _last > _silence)
            Abandon();
        _last = now;
        if (b == Kiss.FrameEnd)
        {
            bool whole = _inside && _length > 0 && !_escaped;
            if (whole)
            {
                command = _frame[0];
                argument = _frame.AsSpan(1, _length - 1);
            }
            else
            {
                Garbage += _length;
            }
            // The delimiter that closes a frame may open the next one.
            _inside = true;
            _escaped = false;
            _length = 0;
            return whole;
        }
        if (!_inside)
        {
            Garbage++;
            return false;
        }
        Take(b);
        return false;
    }

    /// <summary>Forgets a frame that has begun.</summary>
    internal void Reset() => Abandon();

    private void Take(byte b)
    {
        if (_escaped)
        {
            _escaped = false;
            if (b is not (Kiss.EscapedFrameEnd or Kiss.EscapedEscape))
            {
                Abandon();
                return;
            }
            b = b == Kiss.EscapedFrameEnd ? Kiss.FrameEnd : Kiss.Escape;
        }
        else if (b == Kiss.Escape && _length > 0)
        {
            _escaped = true;
            return;
        }
        if (_length == _frame.Length)
        {
            Abandon();
            return;
        }
        _frame[_length++] = b;
    }

    private void Abandon()
    {
        Garbage += _length;
        _length = 0;
        _escaped = false;
        _inside = false;
    }
}
