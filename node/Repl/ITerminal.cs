namespace QuicProChat.Mesh.Node.Repl;

/// <summary>A terminal, as far as editing a line needs one.</summary>
internal interface ITerminal
{
    /// <summary>Columns.</summary>
    int Width { get; }

    /// <summary>Writes text with its control sequences at once.</summary>
    void Write(string text);

    /// <summary>Waits for a key; it is not shown.</summary>
    ConsoleKeyInfo ReadKey();
}

/// <summary>The terminal that this process runs in.</summary>
internal sealed class ConsoleTerminal : ITerminal
{
    private const int UsualWidth = 80;

    public int Width => Console.WindowWidth is > 0 and var width ? width : UsualWidth;

    public void Write(string text)
    {
        Console.Out.Write(text);
        Console.Out.Flush();
    }

    public ConsoleKeyInfo ReadKey() => Console.ReadKey(intercept: true);
}
