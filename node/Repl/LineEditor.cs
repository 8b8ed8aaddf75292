using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>
/// Edits one line on a terminal: cursor keys, Home and End, word and line deletion, history with the up and down keys,
/// completion with Tab. What arrives meanwhile is printed above the line. What is pasted is one line, whatever line
/// ends are in it: nothing is done before Enter is pressed.
/// </summary>
/// <param name="terminal">The terminal.</param>
/// <param name="complete">What may stand instead of the text before the cursor.</param>
/// <param name="explain">What a command that was typed, at least its begin, takes and does; null for nothing.</param>
internal sealed class LineEditor(
    ITerminal terminal, Func<string, IReadOnlyList<string>> complete, Func<string, string?>? explain = null)
{
    /// <summary>Remembered lines; arbitrary.</summary>
    private const int MostHistory = ReplHistory.MaxLines;

    /// <summary>Candidates that are explained, a line each; more are only named. Arbitrary.</summary>
    private const int MostExplained = 12;

    // Bracketed paste (xterm): the terminal says where a pasted text begins and ends.
    private const string PasteOn = "\u001b[?2004h";
    private const string PasteOff = "\u001b[?2004l";
    private const string PasteBegin = "\u001b[200~";
    private const string PasteEnd = "\u001b[201~";

    private const string ClearLine = "\r\u001b[K";

    private readonly Lock _guard = new();
    private readonly List<string> _history = [];
    private readonly TypedLine _line = new();
    private string _escape = "";
    private string _draft = "";
    private int _at;
    private Func<string> _ask = static () => "";
    private string _prompt = "";
    private bool _editing;
    private bool _pasting;
    private char _pasted;

    /// <summary>Sets off the prompt; it must not change what it takes.</summary>
    internal Func<string, string> DrawPrompt { get; init; } = static prompt => prompt;

    /// <summary>Lines of earlier consoles, the oldest first.</summary>
    internal void Remember(IEnumerable<string> lines) => _history.AddRange(lines);

    /// <summary>Prints a line above the one being edited.</summary>
    internal void Print(string text)
    {
        lock (_guard)
        {
            if (_editing)
                terminal.Write(ClearLine);
            terminal.Write(text + "\n");
            if (_editing)
                Redraw();
        }
    }

    /// <summary>What the prompt says may have changed: it is asked for again.</summary>
    internal void PromptChanged()
    {
        lock (_guard)
        {
            if (_editing && TakePrompt())
                Redraw();
        }
    }

    /// <summary>Draws the line anew: the terminal has another width, or the process was stopped meanwhile.</summary>
    internal void DrawAgain()
    {
        lock (_guard)
        {
            if (_editing)
                Redraw();
        }
    }

    /// <summary>Whoever waits for a line goes: the terminal is left as it was.</summary>
    internal void Leave()
    {
        lock (_guard)
        {
            if (!_editing)
                return;
            _editing = terminal.IsAtLine = false;
            terminal.Write(PasteOff + "\n");
        }
    }

    /// <summary>Reads one line; null at the end of input (Ctrl-D or Ctrl-C on an empty line).</summary>
    /// <param name="prompt">
    /// What stands before the line. It is asked while the editor is locked, now and at <see cref="PromptChanged"/>: a
    /// text that was made before could be older than the one that it replaces.
    /// </param>
    internal string? Read(Func<string> prompt)
    {
        lock (_guard)
        {
            _ask = prompt;
            _ = TakePrompt();
            _line.Clear();
            _draft = "";
            _at = _history.Count;
            _editing = true;
            terminal.IsAtLine = true;
            terminal.Write(PasteOn);
            Redraw();
        }

        while (true)
        {
            ConsoleKeyInfo key = terminal.ReadKey();
            lock (_guard)
            {
                switch (Handle(key))
                {
                    case Outcome.Accepted:
                        return Accept();
                    case Outcome.Ended:
                        _editing = terminal.IsAtLine = false;
                        terminal.Write(PasteOff + "\n");
                        return null;
                }

                // A pasted text is drawn when it is there.
                if (!_pasting && _escape.Length == 0)
                    Redraw();
            }
        }
    }

    /// <returns>Whether it is another one than before.</returns>
    private bool TakePrompt()
    {
        string before = _prompt;
        _prompt = _ask();
        return _prompt != before;
    }

    private enum Outcome
    {
        Goes,
        Accepted,
        Ended,
    }

    private string Accept()
    {
        _editing = terminal.IsAtLine = false;
        terminal.Write(PasteOff + "\n");
        string text = _line.Text;
        if (text.Length > 0 && (_history.Count == 0 || _history[^1] != text))
            _history.Add(text);
        if (_history.Count > MostHistory)
            _history.RemoveAt(0);
        return text;
    }

    private Outcome Handle(ConsoleKeyInfo key)
    {
        if (IsOfEscape(key))
            return Outcome.Goes;
        if (_pasting)
        {
            Paste(key.KeyChar);
            return Outcome.Goes;
        }

        bool control = (key.Modifiers & ConsoleModifiers.Control) != 0;
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                return Outcome.Accepted;
            case ConsoleKey.D when control:
                if (_line.IsEmpty)
                    return Outcome.Ended;
                _line.Delete();
                break;
            case ConsoleKey.C when control:
                if (_line.IsEmpty)
                    return Outcome.Ended;
                terminal.Write("^C\n");
                _line.Clear();
                _at = _history.Count;
                break;
            case ConsoleKey.L when control:
                terminal.Write("\u001b[H\u001b[2J");
                break;
            case ConsoleKey.Z when control:
                terminal.Write(PasteOff + "\n");
                terminal.Suspend();
                terminal.Write(PasteOn);
                break;
            case ConsoleKey.LeftArrow:
            case ConsoleKey.B when control:
                _line.Move(-1);
                break;
            case ConsoleKey.RightArrow:
            case ConsoleKey.F when control:
                _line.Move(1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                _line.MoveToBegin();
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                _line.MoveToEnd();
                break;
            case ConsoleKey.Delete:
                _line.Delete();
                break;
            case ConsoleKey.Backspace:
                _line.DeleteBack();
                break;
            case ConsoleKey.U when control:
                _line.DeleteBefore();
                break;
            case ConsoleKey.K when control:
                _line.DeleteBehind();
                break;
            case ConsoleKey.W when control:
                _line.DeleteWord();
                break;
            case ConsoleKey.UpArrow:
            case ConsoleKey.P when control:
                Recall(_at - 1);
                break;
            case ConsoleKey.DownArrow:
            case ConsoleKey.N when control:
                Recall(_at + 1);
                break;
            case ConsoleKey.Tab:
                Complete();
                break;
            default:
                if (!char.IsControl(key.KeyChar))
                    _line.Insert(key.KeyChar.ToString());
                break;
        }

        return Outcome.Goes;
    }

    /// <summary>Whether a key is part of what the terminal says around a pasted text.</summary>
    private bool IsOfEscape(ConsoleKeyInfo key)
    {
        string awaited = _pasting ? PasteEnd : PasteBegin;
        string said = _escape + key.KeyChar;
        if (said == awaited)
        {
            (_escape, _pasting) = ("", !_pasting);
            return true;
        }

        if (awaited.StartsWith(said, StringComparison.Ordinal))
        {
            _escape = said;
            return true;
        }

        // It was something else: what was held back belongs to the line, but for the escape itself.
        string held = _escape;
        _escape = "";
        foreach (char c in held.AsSpan(Math.Min(1, held.Length)))
            _line.Insert(c.ToString());
        if (awaited[0] != key.KeyChar)
            return false;
        _escape = awaited[..1];
        return true;
    }

    private void Paste(char c)
    {
        // A line may end with both.
        bool isSecond = c == '\n' && _pasted == '\r';
        _pasted = c;
        if (isSecond)
            return;
        if (c is '\r' or '\n')
            _line.Insert("\n");
        else if (c == '\t')
            _line.Insert(" ");
        else if (!char.IsControl(c))
            _line.Insert(c.ToString());
    }

    private void Recall(int index)
    {
        if (index < 0 || index > _history.Count)
            return;
        if (_at == _history.Count)
            _draft = _line.Text;
        _at = index;
        _line.Replace(index == _history.Count ? _draft : _history[index]);
    }

    private void Complete()
    {
        string before = _line.Before;
        IReadOnlyList<string> candidates = complete(before);
        if (candidates.Count == 0)
        {
            if (explain?.Invoke(before) is { } help)
                terminal.Write($"{ClearLine}{help}\n");
            return;
        }

        string common = candidates.Aggregate(CommonStart);
        if (common.Length > before.Length)
        {
            _line.Replace(common, _line.Behind);
        }
        else if (candidates.Count > 1)
        {
            terminal.Write($"{ClearLine}{Offer(candidates)}\n");
        }
    }

    /// <summary>The candidates, each with what it does; only their last words where there are many.</summary>
    private string Offer(IReadOnlyList<string> candidates)
    {
        string?[] explained = candidates.Count > MostExplained ? [] : [.. candidates.Select(c => explain?.Invoke(c))];
        return explained.Length > 0 && explained.All(static e => e is not null)
            ? string.Join('\n', explained.Distinct())
            : string.Join("  ", candidates.Select(c => c[(c.TrimEnd().LastIndexOf(' ') + 1)..].Trim()).Distinct());
    }

    private static string CommonStart(string a, string b)
    {
        int length = 0;
        while (length < a.Length && length < b.Length && a[length] == b[length])
            length++;
        return a[..length];
    }

    private void Redraw()
    {
        var shown = new StringBuilder(ClearLine).Append(DrawPrompt(_prompt));
        _line.Draw(shown, Math.Max(10, terminal.Width - Columns(_prompt) - 1));
        terminal.Write(shown.ToString());
    }

    private static int Columns(string text)
    {
        int columns = 0;
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
            columns += TextColumns.Of(elements.GetTextElement());
        return columns;
    }
}
