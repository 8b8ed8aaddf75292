using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Packaging.Tests.Server;

/// <summary>The native server, alone in a directory of its own.</summary>
internal sealed class LoneServer : IDisposable
{
    internal const string Program = "artifacts/dynamic/qpc-server";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task<string> _log;

    private LoneServer(ProcessStartInfo start)
    {
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        _process = Process.Start(start)!;
        Task<string> errors = _process.StandardError.ReadToEndAsync();
        _log = Task.Run(async () => await _process.StandardOutput.ReadToEndAsync() + await errors);
    }

    /// <summary>What it has logged, when it has ended.</summary>
    internal string Log => _log.GetAwaiter().GetResult();

    /// <summary>Starts a program, and waits until another says that the server is well.</summary>
    /// <param name="start">The server.</param>
    /// <param name="isWell">Asks it.</param>
    internal static LoneServer Start(ProcessStartInfo start, Func<Ran> isWell)
    {
        LoneServer server = new(start);
        var waited = Stopwatch.StartNew();
        while (isWell() is { ExitCode: not 0 } ran)
        {
            if (server._process.HasExited || waited.Elapsed > Patience)
            {
                server.Dispose();
                throw new InvalidOperationException($"the server is not well: {ran}{server.Log}");
            }

            Thread.Sleep(50);
        }

        return server;
    }

    /// <summary>Starts the native server with a folder, ports and options.</summary>
    internal static LoneServer Start(string folder, int port, int metrics, params string[] options)
    {
        string program = Repository.File(Program);
        return Start(
            new ProcessStartInfo(program,
                ["run", "--data-dir", Path.Combine(folder, "data"), "--listen", $"wss://127.0.0.1:{port}",
                    "--metrics-listen", $"127.0.0.1:{metrics}", .. options]),
            () => Shell.Run(program, ["health", "--metrics-listen", $"127.0.0.1:{metrics}"]));
    }

    /// <summary>Ends it in order; its exit code.</summary>
    internal int Stop()
    {
        Shell.Do("kill", "-TERM", $"{_process.Id}");
        Assert.True(_process.WaitForExit(Patience));
        return _process.ExitCode;
    }

    internal static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
