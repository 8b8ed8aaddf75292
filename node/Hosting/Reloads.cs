using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// Reads the configuration again on SIGHUP: one at a time, and once more if another SIGHUP came meanwhile. However one
/// ends, the service manager is told that it has ended: it waits for that.
/// </summary>
internal sealed class Reloads(
    MeshNode node, Func<NodeConfiguration> load, ServiceManager manager, ControlServer control, TimeProvider time,
    ILogger log) : IDisposable
{
    private readonly Lock _guard = new();
    private bool _running;
    private bool _again;
    private bool _over;

    /// <summary>Begins a reload, or sees to it that one follows the one that is under way.</summary>
    internal void Begin()
    {
        lock (_guard)
        {
            if (_over)
                return;
            _again = _running;
            if (_running)
                return;
            _running = true;
        }

        _ = RunAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_guard)
            _over = true;
    }

    private async Task RunAsync()
    {
        bool again;
        do
        {
            await ReloadAsync().ConfigureAwait(false);
            lock (_guard)
            {
                again = _again && !_over;
                _again = false;
                _running = again;
            }
        }
        while (again);
    }

    private async Task ReloadAsync()
    {
        manager.Reloading(time.GetTimestamp() * 1_000_000 / time.TimestampFrequency);
        try
        {
            node.Faults.At(FaultPlace.Reload);
            control.LookForFile();
            await node.ReloadAsync(load()).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever is wrong with a file must not end the node, nor leave the service manager waiting.
            if (e is not (UsageException or IOException or UnauthorizedAccessException))
                node.Faults.Note(FaultSeam.Reload, e);
            log.ReloadFailed(FaultText.Of(e));
        }
        finally
        {
            manager.Ready(node.Identity.Address.ToString());
        }
    }
}
