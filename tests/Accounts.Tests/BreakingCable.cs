using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>A way to a server that breaks after so many bytes, again and again: what was on it then is lost.</summary>
internal sealed class BreakingCable : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private readonly int _to;
    private readonly Random _lengths = new(7);

    internal BreakingCable(int to)
    {
        _to = to;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>It breaks no more.</summary>
    internal bool IsMended { get; set; }

    internal int Breaks { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        List<Task> carried = [];
        try
        {
            while (true)
                carried.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(carried);
        }
    }

    private async Task CarryAsync(TcpClient near)
    {
        using (near)
        using (TcpClient far = new())
        {
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, _to, _stop.Token);
                int left = _lengths.Next(6_000, 20_000);
                using CancellationTokenSource breaks = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                await Task.WhenAny(Copy(near, far), Copy(far, near));
                await breaks.CancelAsync();

                async Task Copy(TcpClient from, TcpClient to)
                {
                    byte[] buffer = new byte[1024];
                    int read;
                    while ((read = await from.GetStream().ReadAsync(buffer, breaks.Token)) > 0)
                    {
                        if (!IsMended && Interlocked.Add(ref left, -read) < 0)
                        {
                            Breaks++;
                            return;
                        }

                        await to.GetStream().WriteAsync(buffer.AsMemory(0, read), breaks.Token);
                    }
                }
            }
            catch (Exception e) when (
                e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One end is gone.
            }
        }
    }
}
