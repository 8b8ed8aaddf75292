using System.Buffers;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// What is to be written to one client. Lines are collected by any thread and sent together by <see cref="Flush"/>,
/// on the caller's thread as long as the socket takes them. A client that does not read is cut off (replies) or told
/// how much it missed (events).
/// </summary>
internal sealed class ReplyQueue(Socket socket)
{
    private const int MostBytes = 8 << 20;
    private const int MostEventBytes = 1 << 20;

    private readonly Lock _guard = new();
    private ArrayBufferWriter<byte> _filling = new();
    private ArrayBufferWriter<byte> _sending = new();
    private bool _isSending;
    private long _missed;

    /// <summary>Completes when nothing is left to send.</summary>
    private TaskCompletionSource? _drained;

    /// <summary>Adds a reply. A client that lets megabytes of replies lie loses its connection.</summary>
    internal void Add(ReadOnlySpan<byte> line)
    {
        lock (_guard)
        {
            if (_filling.WrittenCount + line.Length > MostBytes)
                socket.Dispose();
            else
                _filling.Write(line);
        }
    }

    /// <summary>Adds an event, or counts it as lost where the client is behind.</summary>
    internal void AddEvent(ReadOnlySpan<byte> line, TimeProvider time)
    {
        lock (_guard)
        {
            if (_filling.WrittenCount + line.Length > MostEventBytes)
            {
                _missed++;
                return;
            }

            if (_missed > 0)
            {
                _filling.Write(ControlReply.Event(new EventInfo("lost", time.GetUtcNow()) { Count = _missed }).Span);
                _missed = 0;
            }

            _filling.Write(line);
        }
    }

    /// <summary>Starts sending unless that is under way.</summary>
    internal void Flush()
    {
        lock (_guard)
        {
            if (_isSending || _filling.WrittenCount == 0)
                return;
            _isSending = true;
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

    private async Task SendAsync()
    {
        try
        {
            while (Swap())
            {
                for (ReadOnlyMemory<byte> rest = _sending.WrittenMemory; !rest.IsEmpty;)
                    rest = rest[await socket.SendAsync(rest).ConfigureAwait(false)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client went away; its reader notices and ends the session.
            lock (_guard)
                _drained?.TrySetResult();
        }
    }

    private bool Swap()
    {
        lock (_guard)
        {
            _sending.ResetWrittenCount();
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
}
