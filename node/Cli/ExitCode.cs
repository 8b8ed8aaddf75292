namespace QuicProChat.Mesh.Node.Cli;

/// <summary>What the program's exit code says.</summary>
internal static class ExitCode
{
    internal const int Done = 0;

    /// <summary>Refused or failed; standard error says why.</summary>
    internal const int Failed = 1;

    /// <summary>The command line or the configuration is wrong.</summary>
    internal const int Usage = 2;

    /// <summary>No daemon answers on the control socket.</summary>
    internal const int NoDaemon = 3;
}
