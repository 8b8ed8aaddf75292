using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// Public keys of receivers. Announces bring them; radios do not spread announces, so there a key has to be asked for,
/// and
/// the answer takes its time. A send waits for it: nothing can be sealed, and so nothing promised, without the key.
/// </summary>
public sealed class KeyDirectory(IMessagingLoop loop, TimeProvider time)
{
    /// <summary>Arbitrary: long enough for some hops of slow radio, short enough for somebody who waits.</summary>
    public static readonly TimeSpan SeekFor = TimeSpan.FromMinutes(5);

    /// <summary>Public keys kept; arbitrary.</summary>
    private const int MaxKeys = 4096;

    /// <summary>The router asks for two minutes after it was told to.</summary>
    private static readonly TimeSpan SeekAgain = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<NodeAddress, byte[]> _keys = new();

    /// <summary>Who is sought; for the loop only.</summary>
    private readonly Dictionary<NodeAddress, TaskCompletionSource> _sought = [];

    private Router _router = null!;
    private bool _stops;

    internal void Attach(Router router) => _router = router;

    /// <summary>The announce of a node came in. On the loop.</summary>
    public void Heard(in NodeAddress address)
    {
        if (_sought.Remove(address, out TaskCompletionSource? sought))
            sought.TrySetResult();
    }

    /// <summary>The daemon stops: whoever waits for a key waits no longer. On the loop.</summary>
    internal void Stop()
    {
        _stops = true;
        foreach (TaskCompletionSource sought in _sought.Values)
            sought.TrySetResult();
        _sought.Clear();
    }

    /// <summary>A node's key, if it is known; null: it is being asked for. From any thread.</summary>
    /// <exception cref="MessagingException">It is not known, and nobody can be asked.</exception>
    public async ValueTask<byte[]?> FindAsync(NodeAddress address)
    {
        if (_keys.TryGetValue(address, out byte[]? known))
            return known;
        (byte[]? found, bool isSought) = await loop.AskAsync(now =>
            _router.TryGetPublicKey(address, out ReadOnlySpan<byte> key)
                ? (key.ToArray(), false)
                : (null, _router.Seek(now, address))).ConfigureAwait(false);
        if (found is not null)
            return Remember(address, found);
        return isSought ? null : throw new MessagingException(
            Refusal.UnknownReceiver, $"{address} has not been heard of yet, so its key is not known");
    }

    /// <summary>Asks for a node's key until it is there. From any thread.</summary>
    /// <exception cref="MessagingException">Nobody knew it for <see cref="SeekFor"/>.</exception>
    public async Task<byte[]> SeekAsync(NodeAddress address)
    {
        long started = time.GetTimestamp();
        while (true)
        {
            bool last = time.GetElapsedTime(started) >= SeekFor;
            (byte[]? key, Task heard) = await loop.AskAsync(now => Look(now, address, last)).ConfigureAwait(false);
            if (key is not null)
                return Remember(address, key);
            if (last)
            {
                throw new MessagingException(
                    Refusal.Refused,
                    $"{address} has not been heard of, and nobody who was asked "
                    + $"within {SeekFor.TotalMinutes} min knows its key");
            }

            using var patience = new CancellationTokenSource(SeekAgain, time);
            await heard.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private (byte[]? Key, Task Heard) Look(Instant now, NodeAddress address, bool last)
    {
        if (_router.TryGetPublicKey(address, out ReadOnlySpan<byte> known))
            return (known.ToArray(), Task.CompletedTask);
        if (_stops)
            throw new MessagingException(Refusal.Refused, "the daemon stops; nothing was sent");
        if (last)
        {
            // Others that wait for the same node wake, and ask anew.
            Heard(address);
            return (null, Task.CompletedTask);
        }

        _router.Seek(now, address);
        if (!_sought.TryGetValue(address, out TaskCompletionSource? sought))
            _sought[address] = sought = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (null, sought.Task);
    }

    private byte[] Remember(NodeAddress address, byte[] key)
    {
        if (_keys.Count >= MaxKeys)
            _keys.Clear();
        return _keys[address] = key;
    }
}
