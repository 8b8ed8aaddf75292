namespace QuicProChat.Mesh.Node.Repl;

/// <summary>
/// How the console sets off what it shows: by colours where the terminal and its owner want them (no-color.org), else
/// not at all. Colours repeat what the words say, so that nothing is lost without them.
/// </summary>
/// <param name="IsColoured">Whether there are any.</param>
internal readonly record struct TerminalStyle(bool IsColoured)
{
    private const string End = "\u001b[0m";

    /// <summary>What holds in an environment.</summary>
    /// <param name="variable">Asks for a variable; null where there is none.</param>
    internal static TerminalStyle Of(Func<string, string?> variable) =>
        new(string.IsNullOrEmpty(variable("NO_COLOR")) && variable("TERM") is { Length: > 0 } term && term != "dumb");

    /// <summary>The name of whoever wrote, a prompt.</summary>
    internal string Strong(string text) => Wrap("\u001b[1m", text);

    /// <summary>What happens by the way.</summary>
    internal string Soft(string text) => Wrap("\u001b[2m", text);

    /// <summary>What was not done, and why.</summary>
    internal string Wrong(string text) => Wrap("\u001b[31m", text);

    /// <summary>What the owner has to decide or to see to.</summary>
    internal string Notable(string text) => Wrap("\u001b[33m", text);

    // Whoever wrote the text cannot end the colour: control characters were taken out of it before.
    private string Wrap(string begin, string text) => IsColoured && text.Length > 0 ? begin + text + End : text;
}
