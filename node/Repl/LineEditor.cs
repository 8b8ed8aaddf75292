using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>
/// Edits one line on a terminal: cursor keys, Home and End, word and line deletion, history with the up and down keys,
/// completion with Tab. What arrives meanwhile is printed above the line. The line is kept in text elements, so that
/// the cursor never stands inside a character.
/// </summary>
internal sealed class LineEditor(ITerminal terminal, Func<string, IReadOnlyList<string>> complete)
{
    /// <summary>Remembered lines; arbitrary.</summary>
    private const int MostHistory = 500;

    private readonly Lock _guard = new();
    private readonly List<string> _history = [];
    private readonly List<string> _line = [];
    private int _cursor;
    private int _at;
    private string _prompt = "";
    private bool _editing;

    /// <summary>Prints a line above the one being edited.</summary>
    internal void Print(string text)
    {
        lock (_guard)
        {
            if (_editing)
                terminal.Write("\r\u001b[K");
            terminal.Write(text + "\n");
            if (_editing)
                Redraw();
        }
    }

    /// <summary>Reads one line; null at the end of input (Ctrl-D on an empty line).</summary>
    internal string? Read(string prompt)
    {
        lock (_guard)
        {
            _prompt = prompt;
            _line.Clear();
            _cursor = 0;
            _at = _history.Count;
            _editing = true;
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
                        _editing = false;
                        terminal.Write("\n");
                        return null;
                }

                Redraw();
            }
        }
    }

    private enum Outcome
    {
        Goes,
        Accepted,
        Ended,
    }

    private string Accept()
    {
        _editing = false;
        terminal.Write("\n");
        string text = string.Concat(_line);
        if (text.Length > 0 && (_history.Count == 0 || _history[^1] != text))
            _history.Add(text);
        if (_history.Count > MostHistory)
            _history.RemoveAt(0);
        return text;
    }

    private Outcome Handle(ConsoleKeyInfo key)
    {
        bool control = (key.Modifiers & ConsoleModifiers.Control) != 0;
        switch (key.Key)
        {
            case ConsoleKey.Enter:
                return Outcome.Accepted;
            case ConsoleKey.D when control:
                if (_line.Count == 0)
                    return Outcome.Ended;
                Remove(_cursor, 1);
                break;
            case ConsoleKey.LeftArrow:
            case ConsoleKey.B when control:
                _cursor = Math.Max(0, _cursor - 1);
                break;
            case ConsoleKey.RightArrow:
            case ConsoleKey.F when control:
                _cursor = Math.Min(_line.Count, _cursor + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                _cursor = 0;
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                _cursor = _line.Count;
                break;
            case ConsoleKey.Delete:
                Remove(_cursor, 1);
                break;
            case ConsoleKey.Backspace:
                if (_cursor > 0)
                    Remove(--_cursor, 1);
                break;
            case ConsoleKey.U when control:
                Remove(0, _cursor);
                _cursor = 0;
                break;
            case ConsoleKey.K when control:
                Remove(_cursor, _line.Count - _cursor);
                break;
            case ConsoleKey.W when control:
                RemoveWord();
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
                    Insert(key.KeyChar.ToString());
                break;
        }

        return Outcome.Goes;
    }

    /// <summary>A key brings one UTF-16 unit: it may continue the element before the cursor (surrogates, combining marks).</summary>
    private void Insert(string text)
    {
        if (_line.Sum(static element => element.Length) + text.Length > ReplInput.MaxCharacters)
            return;
        if (_cursor > 0 && StringInfo.GetNextTextElementLength(_line[_cursor - 1] + text) == _line[_cursor - 1].Length + text.Length)
            _line[_cursor - 1] += text;
        else
            _line.Insert(_cursor++, text);
    }

    private void Remove(int start, int count) => _line.RemoveRange(start, Math.Min(count, _line.Count - start));

    private void RemoveWord()
    {
        int start = _cursor;
        while (start > 0 && _line[start - 1] == " ")
            start--;
        while (start > 0 && _line[start - 1] != " ")
            start--;
        Remove(start, _cursor - start);
        _cursor = start;
    }

    private void Recall(int index)
    {
        if (index < 0 || index > _history.Count)
            return;
        _at = index;
        Replace(index == _history.Count ? "" : _history[index]);
    }

    private void Replace(string text)
    {
        _line.Clear();
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
            _line.Add(elements.GetTextElement());
        _cursor = _line.Count;
    }

    private void Complete()
    {
        string before = string.Concat(_line.Take(_cursor));
        string after = string.Concat(_line.Skip(_cursor));
        IReadOnlyList<string> candidates = complete(before);
        if (candidates.Count == 0)
            return;
        string common = candidates.Aggregate(CommonStart);
        if (common.Length > before.Length)
        {
            Replace(common + after);
            _cursor = new StringInfo(common).LengthInTextElements;
        }
        else if (candidates.Count > 1)
        {
            terminal.Write("\r\u001b[K" + string.Join("  ", candidates.Select(c => c[(c.TrimEnd().LastIndexOf(' ') + 1)..].Trim())) + "\n");
        }
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
        // A line wider than the terminal is shown around its cursor.
        int room = Math.Max(10, terminal.Width - _prompt.Length - 1);
        int first = Math.Max(0, _cursor - room + 1);
        var shown = new StringBuilder("\r\u001b[K").Append(_prompt);
        for (int i = first; i < Math.Min(_line.Count, first + room); i++)
            shown.Append(_line[i]);
        int behind = Math.Min(_line.Count, first + room) - _cursor;
        if (behind > 0)
            shown.Append("\u001b[").Append(behind).Append('D');
        terminal.Write(shown.ToString());
    }
}
