using System.Net.Security;
using System.Runtime.CompilerServices;

namespace QuicProChat.Mesh.Transports.Tcp;

/// <summary>
/// TLS whose end may be told while somebody reads. <see cref="SslStream"/> lets reads and writes take turns, but not
/// <see cref="SslStream.ShutdownAsync"/>: that has OpenSSL read too, and two threads in one connection of OpenSSL write
/// over each other's memory. Here it interrupts the read that waits, and the next read waits for it.
/// </summary>
/// <param name="transport">What is below; disposed of with the stream.</param>
internal sealed class TlsStream(Stream transport) : SslStream(transport)
{
    private readonly CancellationTokenSource _interrupt = new();
    private readonly TaskCompletionSource _nobodyReads = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _asked;
    private int _reading;

    /// <summary>Reads; one read at a time.</summary>
    /// <param name="buffer">Filled from its beginning; an empty one waits until there is something to read.</param>
    /// <param name="cancellation">A read that has one is not interrupted to tell the end: the end waits for it.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default)
    {
        while (true)
        {
            // Either this sees that somebody asked, or whoever asks sees that this reads: both have a full fence
            // between the two.
            Interlocked.Exchange(ref _reading, 1);
            bool asked = _asked;
            try
            {
                if (!asked || _told.Task.IsCompleted)
                    return await base.ReadAsync(buffer, asked || cancellation.CanBeCanceled ? cancellation
                        : _interrupt.Token);
            }
            catch (OperationCanceledException) when (!asked && _interrupt.IsCancellationRequested
                && !cancellation.IsCancellationRequested)
            {
                // The end is told first; then this goes on.
            }
            finally
            {
                Interlocked.Exchange(ref _reading, 0);
                if (_asked)
                    _nobodyReads.TrySetResult();
            }

            await _told.Task.WaitAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellation) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellation).AsTask();

    /// <summary>
    /// Tells the peer that nothing follows (close_notify; RFC 8446, section 6.1). Once, when nobody writes any more.
    /// </summary>
    /// <exception cref="IOException">The connection is broken.</exception>
    public override async Task ShutdownAsync()
    {
        _asked = true;
        try
        {
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _reading) != 0)
            {
                await _interrupt.CancelAsync();
                await _nobodyReads.Task;
            }

            await base.ShutdownAsync();
        }
        finally
        {
            _told.TrySetResult();
        }
    }
}
