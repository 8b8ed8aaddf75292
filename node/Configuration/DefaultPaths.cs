namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>Where things are unless somebody says otherwise.</summary>
internal static class DefaultPaths
{
    internal const string ControlFile = "control.sock";

    /// <summary>Names the control socket for <c>ctl</c> and <c>repl</c> where the command line does not.</summary>
    internal const string ControlVariable = "QPC_MESH_CONTROL";

    /// <summary>/var/lib/qpc-mesh for root, otherwise the user's state directory (XDG Base Directory).</summary>
    internal static string DataDirectory
    {
        get
        {
            if (Environment.IsPrivilegedProcess)
                return "/var/lib/qpc-mesh";
            string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
            if (string.IsNullOrEmpty(state))
                state = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
            return Path.Combine(state, "qpc-mesh");
        }
    }

    internal static string Control =>
        Environment.GetEnvironmentVariable(ControlVariable) is { Length: > 0 } path
            ? path
            : Path.Combine(DataDirectory, ControlFile);
}
