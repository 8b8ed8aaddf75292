using System.Text;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>
/// Commands of earlier consoles, in a file that only its owner can read. Nothing is kept there that somebody said or
/// that opens something: texts, invitations, passphrases, searches (<see cref="SlashCommand.MayBeKept"/>).
/// </summary>
/// <param name="path">The file; it and its directory are made with the first line.</param>
internal sealed class ReplHistory(string path)
{
    /// <summary>Remembered lines; arbitrary.</summary>
    internal const int MaxLines = 500;

    /// <summary>Characters of a remembered line; arbitrary. Commands are shorter.</summary>
    private const int MaxCharacters = 1024;

    private const int MaxBytes = MaxLines * MaxCharacters;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Where it lies (XDG Base Directory Specification); null where there is no home.</summary>
    /// <param name="variable">Asks for a variable of the environment.</param>
    internal static string? PathOf(Func<string, string?> variable)
    {
        if (variable("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathRooted(state))
            return Path.Combine(state, "qpc-mesh", "history");
        return variable("HOME") is { Length: > 0 } home && Path.IsPathRooted(home)
            ? Path.Combine(home, ".local", "state", "qpc-mesh", "history") : null;
    }

    /// <summary>
    /// Reads what is there; whatever is no line of a command is left out. The file is made private if it was not.
    /// </summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    internal IReadOnlyList<string> Read()
    {
        if (!File.Exists(path))
            return [];
        if (File.GetUnixFileMode(path) != OwnerOnly)
            File.SetUnixFileMode(path, OwnerOnly);
        using FileStream file = File.OpenRead(path);
        // The newest are at the end.
        file.Seek(Math.Max(0, file.Length - MaxBytes), SeekOrigin.Begin);
        byte[] bytes = new byte[MaxBytes];
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return [.. _utf8.GetString(bytes, 0, read).Split('\n').Where(IsLine).TakeLast(MaxLines)];
    }

    /// <summary>Puts a line behind the others, in the file too if it may be kept there.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    internal void Add(string line)
    {
        if (!IsLine(line) || !SlashCommand.MayBeKept(line))
            return;
        const UnixFileMode directory = OwnerOnly | UnixFileMode.UserExecute;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!, directory);
        IReadOnlyList<string> before = Read();
        if (before.Count > 0 && before[^1] == line)
            return;
        bool isFull = before.Count >= MaxLines;
        var options = new FileStreamOptions
        {
            Mode = isFull ? FileMode.Create : FileMode.Append,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        };
        using FileStream file = new(path, options);
        // Half of them are dropped together: the file is seldom written anew.
        string text = isFull ? string.Concat(before.TakeLast(MaxLines / 2).Select(static l => l + "\n")) : "";
        file.Write(_utf8.GetBytes(text + line + "\n"));
    }

    private static bool IsLine(string line) =>
        line.Length is > 0 and <= MaxCharacters && line[0] == '/' && !line.Any(char.IsControl)
            && !line.Contains('\uFFFD', StringComparison.Ordinal);
}
