using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace QuicProChat.Mesh.Bench.Server;

/// <summary>Resident memory of the program, idle and with idle connections.</summary>
internal static class MemoryBench
{
    private const int Connections = 2000;

    internal static async Task<string> RunAsync()
    {
        string directory = Directory.CreateTempSubdirectory("qpc-bench-").FullName;
        int port = FreePort();
        using Process server = Process.Start(new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "qpc-server.dll"), "run", "--data-dir", directory, "--listen",
                $"wss://127.0.0.1:{port}",
             "--max-clients-per-source", "40000"])
        { RedirectStandardOutput = true })!;
        _ = server.StandardOutput.ReadToEndAsync();
        List<ClientWebSocket> sockets = [await ConnectAsync(port, patient: true)];
        await Task.Delay(TimeSpan.FromSeconds(2));
        long idle = ResidentKilobytes(server.Id);
        for (int i = 0; i < Connections; i++)
            sockets.Add(await ConnectAsync(port, patient: false));
        await Task.Delay(TimeSpan.FromSeconds(2));
        long full = ResidentKilobytes(server.Id);
        sockets.ForEach(s => s.Dispose());
        server.Kill();
        await server.WaitForExitAsync();
        Directory.Delete(directory, recursive: true);
        return $"memory: {idle / 1024} MB idle, {full / 1024} MB with {Connections} idle connections: "
            + $"{(full - idle) * 1.0 / Connections:0.0} kB each";
    }

    private static async Task<ClientWebSocket> ConnectAsync(int port, bool patient)
    {
        for (int tries = 0; ; tries++)
        {
            ClientWebSocket socket = new();
            socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
            try
            {
                await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{port}/rpc"), CancellationToken.None);
                return socket;
            }
            catch (WebSocketException) when (patient && tries < 200)
            {
                socket.Dispose();
                await Task.Delay(100);
            }
        }
    }

    private static long ResidentKilobytes(int process)
    {
        string line = File.ReadLines($"/proc/{process}/status")
            .Single(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
