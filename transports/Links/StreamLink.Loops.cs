using System.Buffers;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

// The loops. Receiving: large reads, whole frames handed on in the buffer they were read into. Sending: who calls Flush
// while nobody writes becomes the writer until the queues are empty, without a change of thread; while a write waits
// for the network, frames gather and go out in one piece.
internal sealed partial class StreamLink
{
    private readonly WriteWatch _writeWatch;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _received;
    private long _sent;
    private int _writing;

    public void Flush()
    {
        if (Interlocked.CompareExchange(ref _writing, 1, 0) == 0)
            _ = WriteAsync();
    }

    private async Task<LinkEnd> ReceiveAsync(ILinkEvents events)
    {
        using ReceiveBuffer buffer = new(_node.Memory.Receiving, Source, Chosen, GiveWay, _time);
        try
        {
            while (true)
            {
                // An idle link keeps no buffer, neither here nor in the TLS library.
                if (buffer.IsEmpty)
                    _ = await _stream.ReadAsync(Memory<byte>.Empty, CancellationToken.None);
                int count = await _stream.ReadAsync(buffer.Space(), CancellationToken.None);
                if (count == 0)
                    return new LinkEnd(LinkEndCode.TransportFailed, Detail: buffer.IsEmpty ? "the peer hung up"
                        : "the peer hung up within a frame");
                Volatile.Write(ref _received, _received + count);
                buffer.Advance(count);
                ScanResult result =
                    FrameScanner.Scan(buffer.Filled, out int whole, out int needed, out LinkEndCode bye);
                if (whole > 0)
                    await events.ReceivedAsync(this, await buffer.TakeAsync(whole));
                if (result == ScanResult.Bye)
                    return new LinkEnd(bye, ByPeer: true);
                if (result == ScanResult.Violation)
                    return new LinkEnd(LinkEndCode.ProtocolViolation,
                        Detail: "a frame without a kind, or one that belongs elsewhere");
                await buffer.MakeRoomAsync(needed, _stop.Token);
            }
        }
        catch (Exception e) when (LinkConnection.IsLinkFault(e))
        {
            return new LinkEnd(LinkEndCode.TransportFailed, Detail: FaultText.Of(e));
        }
    }

    private void GiveWay() =>
        End(new LinkEnd(LinkEndCode.TooMany, Detail: "its unfinished frame made room for those of others"));

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
                    ValueTask write = _stream.WriteAsync(buffer.AsMemory(0, count));
                    if (!write.IsCompleted)
                        _writeWatch.Begin();
                    await write;
                    _writeWatch.Done();
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
            End(new LinkEnd(LinkEndCode.TransportFailed, Detail: FaultText.Of(e)));
        }
        catch (Exception e)
        {
            // Nobody awaits this: without an end the link would stay, and never send again.
            Log.LinkEventsFailed(_logger, e, Peer);
            _drained.TrySetResult();
            End(new LinkEnd(LinkEndCode.Closed, Detail: "a fault of this node"));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
