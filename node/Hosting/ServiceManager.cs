using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// Tells systemd how the service is: datagrams to the socket named in NOTIFY_SOCKET (sd_notify(3)). Does nothing where
/// nobody listens.
/// </summary>
internal sealed class ServiceManager : IDisposable
{
    /// <summary>
    /// A service manager that reads so slowly is not waited for: the watchdog would bite for its fault.
    /// </summary>
    private const int PatienceMilliseconds = 500;

    private readonly Socket? _socket;

    /// <summary>Opens the socket that the environment names, if it does.</summary>
    internal ServiceManager(string? notifySocket)
    {
        if (string.IsNullOrEmpty(notifySocket))
            return;
        // A leading @ stands for the abstract name space, which .NET spells with a zero byte.
        string path = notifySocket[0] == '@' ? '\0' + notifySocket[1..] : notifySocket;
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram,
            ProtocolType.Unspecified)
        { SendTimeout = PatienceMilliseconds };
        try
        {
            _socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            _socket.Dispose();
            _socket = null;
        }
    }

    /// <summary>
    /// Half of what the watchdog allows between two signs of life; null without a watchdog (sd_watchdog_enabled(3)).
    /// </summary>
    internal static TimeSpan? WatchdogInterval(string? watchdogMicroseconds, string? watchdogPid, int pid)
    {
        if (!long.TryParse(watchdogMicroseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long limit)
            || limit <= 0)
            return null;
        if (!string.IsNullOrEmpty(watchdogPid) && watchdogPid != pid.ToString(CultureInfo.InvariantCulture))
            return null;
        return TimeSpan.FromMicroseconds(limit / 2);
    }

    internal void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    internal void Reloading(long monotonicMicroseconds) => Send($"RELOADING=1\nMONOTONIC_USEC={monotonicMicroseconds}");

    internal void Stopping() => Send("STOPPING=1");

    internal void Alive() => Send("WATCHDOG=1");

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private void Send(string text)
    {
        try
        {
            _socket?.Send(Encoding.UTF8.GetBytes(text));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A service manager that went away is no reason to stop carrying messages.
        }
    }
}
