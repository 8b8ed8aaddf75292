using System.Net.NetworkInformation;

namespace QuicProChat.Mesh.Transports;

/// <summary>Waits for the addresses of this machine to change, as far as the kernel tells.</summary>
internal sealed class NetworkWatch : IDisposable
{
    private readonly TimeProvider _time;
    private TaskCompletionSource _changed = Fresh();

    /// <summary>Begins to watch.</summary>
    /// <param name="followKernel">False to let time pass only.</param>
    /// <param name="time">The clock.</param>
    internal NetworkWatch(bool followKernel, TimeProvider time)
    {
        _time = time;
        if (followKernel)
            NetworkChange.NetworkAddressChanged += OnChanged;
    }

    /// <summary>Completes after a change, or after a time without one.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    internal async Task ChangedAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        Task changed = Volatile.Read(ref _changed).Task;
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(changed, Task.Delay(atMost, _time, over.Token));
        await over.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
        if (changed.IsCompleted)
            Volatile.Write(ref _changed, Fresh());
    }

    public void Dispose() => NetworkChange.NetworkAddressChanged -= OnChanged;

    private void OnChanged(object? sender, EventArgs e) => Volatile.Read(ref _changed).TrySetResult();

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
