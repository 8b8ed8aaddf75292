using System.Text;
using QuicProChat.Mesh.Node.Repl;

namespace QuicProChat.Mesh.Node.Tests.Repl;

/// <summary>A terminal with somebody at it who has decided what to type.</summary>
internal sealed class FakeTerminal : ITerminal
{
    internal const int Columns = 60;

    private readonly Queue<object> _typed = new();
    private readonly StringBuilder _written = new();

    public int Width { get; set; } = Columns;

    public bool IsAtLine { get; set; }

    internal int Suspended { get; private set; }

    public void Suspend() => Suspended++;

    internal string Written => _written.ToString();

    /// <summary>Texts (of which \r is Enter), keys, and keys with modifiers.</summary>
    internal void Type(params object[] typed)
    {
        foreach (object item in typed)
        {
            switch (item)
            {
                case string text:
                    foreach (char c in text)
                        _typed.Enqueue(c == '\r' ? new ConsoleKeyInfo(c, ConsoleKey.Enter, false, false, false)
                            : new ConsoleKeyInfo(c, default, false, false, false));
                    break;
                case ConsoleKey key:
                    _typed.Enqueue(new ConsoleKeyInfo('\0', key, false, false, false));
                    break;
                default:
                    _typed.Enqueue(item);
                    break;
            }
        }
    }

    /// <summary>Something that happens between two keys.</summary>
    internal void Then(Action happens) => _typed.Enqueue(happens);

    public void Write(string text) => _written.Append(text);

    public ConsoleKeyInfo ReadKey()
    {
        while (true)
        {
            switch (_typed.Dequeue())
            {
                case Action happens:
                    happens();
                    break;
                case ConsoleKeyInfo key:
                    return key;
            }
        }
    }
}
