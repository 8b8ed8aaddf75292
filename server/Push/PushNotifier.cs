using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Server.Push;

/// <summary>
/// Decides which devices are woken: those that are not connected here, and for which something waits that they have
/// not acknowledged a moment later. A device is woken once in an interval at most; what came meanwhile wakes it at its
/// end, if it still waits then.
/// </summary>
internal sealed class PushNotifier : IAsyncDisposable
{
    // Arbitrary. Accounts that are looked at later; some 100 bytes each. Notices that have not been taken yet.
    private const int MaxAccounts = 65_536;
    private const int MaxNotices = 16_384;

    // A device that is connected, here or to another process of the store, acknowledges within it. Arbitrary.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    // A connection may be one that only looks alive: who does not acknowledge over it is looked at again. Arbitrary.
    private static readonly TimeSpan ConnectedAgain = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);

    private readonly Channel<IdentityKey> _arrived =
        Channel.CreateBounded<IdentityKey>(new BoundedChannelOptions(MaxNotices) { SingleReader = true });
    private readonly Dictionary<IdentityKey, long> _due = [];
    private readonly TokenBuckets<(IdentityKey, DeviceId)> _intervals;
    private readonly IPushTokenStore _tokens;
    private readonly ClientRegistry _clients;
    private readonly Func<PushToken, bool> _wake;
    private readonly PushCounters _counters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    internal PushNotifier(
        IPushTokenStore tokens, ClientRegistry clients, TimeSpan interval, Func<PushToken, bool> wake,
        PushCounters counters, TimeProvider time, ILogger logger)
    {
        _tokens = tokens;
        _clients = clients;
        _wake = wake;
        _counters = counters;
        _time = time;
        _logger = logger;
        _intervals = new TokenBuckets<(IdentityKey, DeviceId)>(
            new Rate(1, 1 / interval.TotalSeconds), 2 * MaxAccounts, time);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Something was stored for an account; never waits.</summary>
    internal void Arrived(IdentityKey recipient)
    {
        if (!_arrived.Writer.TryWrite(recipient))
            _counters.CountDropped();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (_due.Count == 0)
                    await _arrived.Reader.WaitToReadAsync(_stop.Token);
                else
                    await Task.Delay(Step, _time, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                Collect();
                foreach (IdentityKey account in Due())
                    await LookAsync(account);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // One bad turn costs that turn.
                Log.PushFailed(_logger, e.Message);
                _counters.CountDropped();
            }
        }
    }

    private void Collect()
    {
        long due = _time.GetTimestamp() + (long)(Grace.TotalSeconds * _time.TimestampFrequency);
        while (_arrived.Reader.TryRead(out IdentityKey account))
        {
            if (_due.Count < MaxAccounts)
                _due.TryAdd(account, due);
            else if (!_due.ContainsKey(account))
                _counters.CountDropped();
        }
    }

    private IdentityKey[] Due()
    {
        long now = _time.GetTimestamp();
        IdentityKey[] due = [.. _due.Where(d => d.Value <= now).Select(d => d.Key)];
        foreach (IdentityKey account in due)
            _due.Remove(account);
        return due;
    }

    private async Task LookAsync(IdentityKey account)
    {
        IReadOnlyList<WaitingDevice> waiting;
        try
        {
            waiting = await _tokens.ListWaitingAsync(account);
        }
        catch (StoreException e)
        {
            // It is looked at again when something arrives: without a store nothing does.
            Log.PushFailed(_logger, e.Message);
            _counters.CountDropped();
            return;
        }

        TimeSpan? again = null;
        foreach (WaitingDevice device in waiting)
        {
            TimeSpan wait = ConnectedAgain;
            if (!_clients.Of(account).Any(c => c.Account?.Device == device.Device)
                && _intervals.TryTake((account, device.Device), out wait))
                Wake(device.Token);
            else
                again = again is null || wait < again ? wait : again;
        }

        if (again is { } later)
            _due[account] = _time.GetTimestamp() + (long)(later.TotalSeconds * _time.TimestampFrequency);
    }

    private void Wake(PushToken token)
    {
        if (!_wake(token))
            _counters.CountDropped();
    }
}
