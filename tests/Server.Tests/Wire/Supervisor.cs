using System.Diagnostics;

namespace QuicProChat.Mesh.Server.Tests.Wire;

/// <summary>Starts the server again whenever it was killed, as a service manager does.</summary>
internal sealed class Supervisor : IDisposable
{
    private readonly Func<Process> _start;
    private Process _process;

    internal Supervisor(Func<Process> start)
    {
        _start = start;
        _process = StartQuietly();
    }

    internal int Kills { get; private set; }

    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Kills++;
        _process = StartQuietly();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    // Nobody reads what it logs: a pipe that is full would hold it up.
    private Process StartQuietly()
    {
        Process process = _start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
