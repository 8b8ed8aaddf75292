using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>Where things are unless somebody says otherwise.</summary>
internal static class DefaultPaths
{
    internal const string ControlFile = "control.sock";

    /// <summary>Names the control socket for <c>ctl</c> and <c>repl</c> where the command line does not.</summary>
    internal const string ControlVariable = "QPC_MESH_CONTROL";

    /// <summary>
    /// Where the control socket is that a group may use: outside the data directory, which is its owner's alone.
    /// </summary>
    internal const string GroupControl = "/run/qpc-mesh/control.sock";

    /// <summary>The same where /run is not there: some routers have only /var/run.</summary>
    private const string RouterControl = "/var/run/qpc-mesh/control.sock";

    // Where packages have their settings.
    private const string RouterSettings = "/etc/config/qpc-mesh";
    private const string DebianSettings = "/etc/qpc-mesh/qpc-mesh.conf";

    private const string HomeVariable = "HOME";

    private static readonly string? _home = Environment.GetEnvironmentVariable(HomeVariable);

    /// <summary>
    /// /var/lib/qpc-mesh for root, otherwise the user's state directory (XDG Base Directory, which wants absolute
    /// paths).
    /// </summary>
    /// <exception cref="UsageException">Nothing says where that is.</exception>
    internal static string DataDirectory
    {
        get
        {
            if (Environment.IsPrivilegedProcess)
                return "/var/lib/qpc-mesh";
            if (Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { } state && state.StartsWith('/'))
                return Path.Combine(state, "qpc-mesh");
            return _home is { } home && home.StartsWith('/')
                ? Path.Combine(home, ".local", "state", "qpc-mesh")
                : throw new UsageException(
                    "there is no usual place for the data: neither HOME nor XDG_STATE_HOME is set to a path that "
                        + "begins with /; say --data-dir DIR, and --control SOCKET to ctl and repl");
        }
    }

    /// <summary>
    /// The control socket to ask: the owner's, or, where there is none, the one that a group may use.
    /// </summary>
    internal static string Control
    {
        get
        {
            if (Environment.GetEnvironmentVariable(ControlVariable) is { Length: > 0 } path)
                return path;
            string? own = null;
            try
            {
                own = Path.Combine(DataDirectory, ControlFile);
            }
            catch (UsageException) when (FindControl(null, Environment.IsPrivilegedProcess, Path.Exists) is not null)
            {
                // Without a place of his own a user may have one that he shares.
            }

            return FindControl(own, Environment.IsPrivilegedProcess, Path.Exists)!;
        }
    }

    /// <summary>
    /// Finds a socket that is there; else names the one that would be there if the node ran, so that whoever reads the
    /// path in a complaint looks at the right place.
    /// </summary>
    /// <param name="own">The socket in the usual data directory; null where there is none.</param>
    /// <param name="isRoot">Root's usual data directory is the one that packages use.</param>
    /// <param name="exists">Whether there is something at a path.</param>
    /// <returns>Null only where nothing is there and <paramref name="own"/> is null.</returns>
    internal static string? FindControl(string? own, bool isRoot, Func<string, bool> exists)
    {
        foreach (string? socket in (string?[])[own, GroupControl, RouterControl])
        {
            if (socket is not null && exists(socket))
                return socket;
        }

        string? ofPackage = exists(RouterSettings) ? RouterControl : exists(DebianSettings) ? GroupControl : null;
        bool isOwnUsed = own is not null && !isRoot && exists(Path.GetDirectoryName(own)!);
        return isOwnUsed ? own : ofPackage ?? own;
    }

    /// <summary>
    /// Keeps the runtime from asking libc who the user is (terminal descriptions, certificates): it does so where HOME
    /// is not set, and libc answers through modules that a static program cannot load (nsswitch.conf(5)).
    /// </summary>
    internal static void AvoidNameServices()
    {
        if (string.IsNullOrEmpty(_home))
            Environment.SetEnvironmentVariable(HomeVariable, "/nonexistent");
    }
}
