using System.Buffers;
using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// What is to be written to one client. Lines are collected by any thread and sent together by <see cref="Flush"/>,
/// on the caller's thread as long as the connection takes them. A little is every client's own; more comes from a
/// budget that all clients share. Where that is used up, events are counted as lost, and a client that lets replies lie
/// is cut off.
/// </summary>
internal sealed class ReplyQueue(IClientConnection client, ByteBudget budget, TimeProvider time, Action<Exception?> cut)
{
    /// <summary>Bytes that every client has to itself.</summary>
    internal const int OwnBytes = 64 << 10;

    /// <summary>Bytes that may wait for one client when an event is added: more than the longest event has.</summary>
    internal const int MaxEventBytes = 512 << 10;

    private readonly Lock _guard = new();
    private ArrayBufferWriter<byte> _filling = new();
    private ArrayBufferWriter<byte> _sending = new();
    private bool _isSending;
    private bool _isOver;
    private long _taken;
    private long _missed;
    private long _movedAt = time.GetTimestamp();

    /// <summary>Completes when nothing is left to send.</summary>
    private TaskCompletionSource? _drained;

    /// <summary>Bytes that the client has not taken yet.</summary>
    internal int Waiting
    {
        get
        {
            lock (_guard)
                return Held;
        }
    }

    /// <summary>How long the client has taken nothing although something waits; zero if nothing does.</summary>
    internal TimeSpan Stalled
    {
        get
        {
            lock (_guard)
                return _isSending ? time.GetElapsedTime(_movedAt) : TimeSpan.Zero;
        }
    }

    private int Held => _filling.WrittenCount + _sending.WrittenCount;

    /// <summary>Adds a reply. A client that lets more lie than there is room for loses its connection.</summary>
    /// <param name="line">The line with its end.</param>
    /// <param name="reserved">Bytes that the caller took from the budget for it, which are this queue's from now
    /// on.</param>
    internal void Add(ReadOnlySpan<byte> line, long reserved = 0)
    {
        bool full;
        lock (_guard)
        {
            if (_isOver)
            {
                budget.Return(reserved);
                return;
            }

            _taken += reserved;
            full = !Take(line.Length);
            if (full)
                _isOver = true;
            else
                _filling.Write(line);
            GiveBack();
        }

        if (full)
            cut(null);
    }

    /// <summary>Adds an event, or counts it as lost where the client is behind.</summary>
    internal void AddEvent(ReadOnlySpan<byte> line)
    {
        lock (_guard)
        {
            if (_isOver)
                return;
            ReadOnlySpan<byte> lost = _missed > 0
                ? ReplyWriter.Event(new LostEvent(time.GetUtcNow(), _missed)).Span : [];
            if (Held + line.Length > MaxEventBytes || !Take(line.Length + lost.Length))
            {
                _missed++;
                return;
            }

            _missed = 0;
            _filling.Write(lost);
            _filling.Write(line);
        }
    }

    /// <summary>Starts sending unless that is under way.</summary>
    internal void Flush()
    {
        lock (_guard)
        {
            if (_isSending || _isOver || _filling.WrittenCount == 0)
                return;
            _isSending = true;
            _movedAt = time.GetTimestamp();
        }

        _ = SendAsync();
    }

    /// <summary>Waits until everything added so far was handed to the system, or the client is gone.</summary>
    internal Task DrainAsync()
    {
        Flush();
        lock (_guard)
        {
            if (!_isSending)
                return Task.CompletedTask;
            return (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Nothing more is taken; what the budget gave goes back.</summary>
    internal void End()
    {
        lock (_guard)
        {
            _isOver = true;
            budget.Return(_taken);
            _taken = 0;
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (Swap())
            {
                for (ReadOnlyMemory<byte> rest = _sending.WrittenMemory; !rest.IsEmpty;)
                {
                    rest = rest[await client.SendAsync(rest).ConfigureAwait(false)..];
                    lock (_guard)
                        _movedAt = time.GetTimestamp();
                }
            }
        }
        catch (Exception e)
        {
            // Nobody awaits this. Mostly the client went away; whatever it was, the session ends over it.
            lock (_guard)
            {
                _isOver = true;
                _isSending = false;
                _drained?.TrySetResult();
            }

            cut(e);
        }
    }

    private bool Swap()
    {
        lock (_guard)
        {
            Empty(ref _sending);
            GiveBack();
            if (_filling.WrittenCount == 0)
            {
                _isSending = false;
                _drained?.TrySetResult();
                _drained = null;
                return false;
            }

            (_sending, _filling) = (_filling, _sending);
            return true;
        }
    }

    /// <summary>Counts bytes against what is this client's own, then against the budget.</summary>
    private bool Take(int bytes)
    {
        long more = Math.Max(0, Held + bytes - OwnBytes) - _taken;
        if (more <= 0)
            return true;
        if (!budget.TryTake(more))
            return false;
        _taken += more;
        return true;
    }

    private void GiveBack()
    {
        long spare = _taken - Math.Max(0, Held - OwnBytes);
        if (spare <= 0)
            return;
        _taken -= spare;
        budget.Return(spare);
    }

    /// <summary>Empties a buffer, and lets it go where a long reply made it large.</summary>
    private static void Empty(ref ArrayBufferWriter<byte> buffer)
    {
        if (buffer.Capacity > OwnBytes)
            buffer = new ArrayBufferWriter<byte>();
        else
            buffer.ResetWrittenCount();
    }
}
