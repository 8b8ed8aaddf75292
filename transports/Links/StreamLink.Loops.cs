using System.Buffers;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

// The loops. Receiving: large reads, whole frames handed on in the buffer they were read into. Sending: who calls Flush
// while nobody writes becomes the writer until the queues are empty, without a change of thread; while a write waits
// for the network, frames gather and go out in one piece.
internal sealed partial class StreamLink
{
    // An idle link holds no more than this for receiving.
    private const int SmallestRead = 4 * 1024;
    private const int LargestRead = 64 * 1024;

    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _received;
    private long _sent;
    private long _writeStarted;
    private int _writing;

    public void Flush()
    {
        if (Interlocked.CompareExchange(ref _writing, 1, 0) == 0)
            _ = WriteAsync();
    }

    private async Task<LinkEnd> ReceiveAsync(ILinkEvents events)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(SmallestRead);
        int filled = 0;
        try
        {
            while (true)
            {
                int count = await _stream.ReadAsync(buffer.AsMemory(filled));
                if (count == 0)
                    return new LinkEnd(LinkEndCode.TransportFailed, Detail: filled == 0 ? "the peer hung up" : "the peer hung up within a frame");
                Volatile.Write(ref _received, _received + count);
                filled += count;
                ScanResult result = FrameScanner.Scan(buffer.AsSpan(0, filled), out int whole, out int needed, out LinkEndCode bye);
                int size = Math.Max(needed, Math.Clamp(2 * filled, SmallestRead, LargestRead));
                if (whole > 0)
                {
                    byte[] next = ArrayPool<byte>.Shared.Rent(size);
                    buffer.AsSpan(whole, filled - whole).CopyTo(next);
                    ReceivedFrames frames = new(buffer, whole);
                    buffer = next;
                    filled -= whole;
                    await events.ReceivedAsync(this, frames);
                }
                else if (buffer.Length < needed)
                {
                    buffer = Replace(buffer, filled, size);
                }

                if (result == ScanResult.Bye)
                    return new LinkEnd(bye, ByPeer: true);
                if (result == ScanResult.Violation)
                    return new LinkEnd(LinkEndCode.ProtocolViolation, Detail: "a frame without a kind, or one that belongs elsewhere");
            }
        }
        catch (Exception e) when (LinkConnection.IsLinkFault(e))
        {
            return new LinkEnd(LinkEndCode.TransportFailed, Detail: e.Message);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Replace(byte[] buffer, int filled, int size)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private async Task WriteAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(SendQueues.ChunkSize);
        try
        {
            do
            {
                int count;
                while ((count = _queues.Take(ref buffer, out bool roomAgain)) > 0)
                {
                    Volatile.Write(ref _writeStarted, _time.GetTimestamp());
                    await _stream.WriteAsync(buffer.AsMemory(0, count));
                    Volatile.Write(ref _writeStarted, 0);
                    Volatile.Write(ref _sent, _sent + count);
                    if (roomAgain)
                        _events?.Writable(this);
                }

                if (_queues.IsDrained)
                    _drained.TrySetResult();
                Volatile.Write(ref _writing, 0);
            }
            while (!_queues.IsEmpty && Interlocked.CompareExchange(ref _writing, 1, 0) == 0);
        }
        catch (Exception e) when (LinkConnection.IsLinkFault(e))
        {
            // _writing stays taken: nobody writes to a broken stream again.
            _drained.TrySetResult();
            End(new LinkEnd(LinkEndCode.TransportFailed, Detail: e.Message));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A write that stands still for too long means that the peer reads no more.</summary>
    private ITimer WatchWrites()
    {
        TimeSpan timeout = _settings.WriteTimeout;
        return _time.CreateTimer(
            _ =>
            {
                long started = Volatile.Read(ref _writeStarted);
                if (started != 0 && _time.GetElapsedTime(started) >= timeout)
                    End(new LinkEnd(LinkEndCode.Dead, Detail: $"it took nothing for {timeout.TotalSeconds:0} s"));
            },
            null, timeout / 2, timeout / 2);
    }
}
