using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>A terminal, as far as editing a line needs one.</summary>
internal interface ITerminal
{
    /// <summary>Columns.</summary>
    int Width { get; }

    /// <summary>A line is being edited: what would interrupt the program comes as a key.</summary>
    bool IsAtLine { set; }

    /// <summary>Stops the program, as Ctrl-Z does, until it is told to go on.</summary>
    void Suspend();

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

    public bool IsAtLine
    {
        set => Console.TreatControlCAsInput = value;
    }

    public void Suspend()
    {
        IsAtLine = false;
        Libc.Suspend();
        IsAtLine = true;
    }

    public void Write(string text)
    {
        Console.Out.Write(text);
        Console.Out.Flush();
    }

    public ConsoleKeyInfo ReadKey() => Console.ReadKey(intercept: true);
}
