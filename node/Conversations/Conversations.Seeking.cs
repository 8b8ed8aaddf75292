using System.Threading.Channels;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Conversations;

/// <content>
/// Receivers that nobody has named so far. Radios do not spread announces; they have to be asked for, and the answer
/// takes its time. A send waits for it: nothing can be sealed, and so nothing promised, without the receiver's key.
/// </content>
internal sealed partial class Conversations
{
    /// <summary>Arbitrary: long enough for some hops of slow radio, short enough for somebody who waits.</summary>
    private static readonly TimeSpan SeekFor = TimeSpan.FromMinutes(5);

    /// <summary>The router asks for two minutes after it was told to.</summary>
    private static readonly TimeSpan SeekAgain = TimeSpan.FromMinutes(1);

    /// <summary>Who is sought; for the loop only.</summary>
    private readonly Dictionary<NodeAddress, TaskCompletionSource> _sought = [];

    /// <summary>The announce of a node came in. On the loop.</summary>
    internal void Heard(in NodeAddress address)
    {
        if (_sought.Remove(address, out TaskCompletionSource? sought))
            sought.SetResult();
    }

    private async Task SendWhenFoundAsync(OutgoingMessage message)
    {
        try
        {
            byte[] key = await SeekKeyAsync(message.To).ConfigureAwait(false)
                ?? throw new ControlException(ControlErrorCode.Refused, $"{message.To} has not been heard of, and nobody who was asked within {SeekFor.TotalMinutes} min knows its key");
            Seal(message, key);
            await _loop.PostAsync(new SendJob(this, [message])).ConfigureAwait(false);
        }
        catch (ControlException e)
        {
            message.Session.Reply(ControlReply.Failed(message.Tag, e.Code, e.Message).Span);
            message.Session.Flush();
        }
        catch (ChannelClosedException)
        {
            // The daemon has stopped, and the session with it.
        }
        catch (Exception e)
        {
            // Nobody awaits this.
            _loop.Faults.Note(FaultSeam.Command, e);
            message.Session.Reply(ControlReply.Failed(message.Tag, ControlErrorCode.Refused, Faults.Answer).Span);
            message.Session.Flush();
        }
    }

    private async Task<byte[]?> SeekKeyAsync(NodeAddress address)
    {
        long started = _time.GetTimestamp();
        while (true)
        {
            bool last = _time.GetElapsedTime(started) >= SeekFor;
            (byte[]? key, Task heard) = await _loop.AskAsync(now =>
            {
                if (_router.TryGetPublicKey(address, out ReadOnlySpan<byte> known))
                    return (known.ToArray(), Task.CompletedTask);
                if (_stops)
                    throw new ControlException(ControlErrorCode.Refused, "the daemon stops; nothing was sent");
                if (last)
                {
                    // Others that wait for the same node wake, and ask anew.
                    Heard(address);
                    return (null, Task.CompletedTask);
                }

                _router.Seek(now, address);
                if (!_sought.TryGetValue(address, out TaskCompletionSource? sought))
                    _sought[address] = sought = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return (default(byte[]), sought.Task);
            }).ConfigureAwait(false);
            if (key is not null)
                return Remember(address, key);
            if (last)
                return null;
            using var patience = new CancellationTokenSource(SeekAgain, _time);
            await heard.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
