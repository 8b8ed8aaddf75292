using Microsoft.Win32.SafeHandles;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// A descriptor kept for the moment when the process has no other: given up, it lets one client in, so that a daemon
/// without descriptors can still be asked what is wrong, and be ended.
/// </summary>
internal sealed class SpareDescriptor : IDisposable
{
    private SafeFileHandle? _kept;

    internal SpareDescriptor() => Restore();

    /// <summary>Gives it up; false if it was given up before.</summary>
    internal bool Release()
    {
        bool had = _kept is not null;
        _kept?.Dispose();
        _kept = null;
        return had;
    }

    /// <summary>Takes one again if there is one.</summary>
    internal void Restore()
    {
        if (_kept is not null)
            return;
        try
        {
            _kept = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // None is free yet: the next client that comes or goes asks again.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Release();
}
