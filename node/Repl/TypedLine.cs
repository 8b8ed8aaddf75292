using System.Globalization;
using System.Text;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>
/// The text of a line that is being typed, and the cursor in it. In text elements, so that the cursor never stands
/// inside a character.
/// </summary>
internal sealed class TypedLine
{
    /// <summary>What a line end in a pasted text looks like.</summary>
    private const string LineEnd = "\u23CE";

    private readonly List<string> _elements = [];
    private int _length;
    private int _cursor;

    /// <summary>Nothing is typed.</summary>
    internal bool IsEmpty => _elements.Count == 0;

    /// <summary>All of it.</summary>
    internal string Text => string.Concat(_elements);

    /// <summary>What stands before the cursor.</summary>
    internal string Before => string.Concat(_elements.Take(_cursor));

    /// <summary>What stands behind it.</summary>
    internal string Behind => string.Concat(_elements.Skip(_cursor));

    internal void Clear()
    {
        _elements.Clear();
        _cursor = _length = 0;
    }

    /// <summary>Moves the cursor by so many characters, as far as there are any.</summary>
    internal void Move(int by) => _cursor = Math.Clamp(_cursor + by, 0, _elements.Count);

    internal void MoveToBegin() => _cursor = 0;

    internal void MoveToEnd() => _cursor = _elements.Count;

    /// <summary>
    /// Inserts at the cursor. A key brings one UTF-16 unit: it may continue the element before the cursor (surrogates,
    /// combining marks). What would be too long is left out.
    /// </summary>
    internal void Insert(string text)
    {
        if (_length + text.Length > ReplInput.MaxCharacters)
            return;
        _length += text.Length;
        if (_cursor > 0 && StringInfo.GetNextTextElementLength(_elements[_cursor - 1] + text)
            == _elements[_cursor - 1].Length + text.Length)
            _elements[_cursor - 1] += text;
        else
            _elements.Insert(_cursor++, text);
    }

    /// <summary>Removes the character behind the cursor.</summary>
    internal void Delete() => Remove(_cursor, 1);

    /// <summary>Removes the character before the cursor.</summary>
    internal void DeleteBack()
    {
        if (_cursor > 0)
            Remove(--_cursor, 1);
    }

    internal void DeleteBefore()
    {
        Remove(0, _cursor);
        _cursor = 0;
    }

    internal void DeleteBehind() => Remove(_cursor, _elements.Count - _cursor);

    /// <summary>Removes the word before the cursor, and the blanks behind it.</summary>
    internal void DeleteWord()
    {
        int start = _cursor;
        while (start > 0 && _elements[start - 1] == " ")
            start--;
        while (start > 0 && _elements[start - 1] != " ")
            start--;
        Remove(start, _cursor - start);
        _cursor = start;
    }

    /// <summary>Another text, with the cursor behind its first part.</summary>
    internal void Replace(string before, string behind = "")
    {
        Clear();
        Append(before);
        _cursor = _elements.Count;
        Append(behind);
    }

    /// <summary>
    /// Draws it into so many columns; where it is wider, the part around the cursor. The cursor of the terminal is left
    /// where it belongs.
    /// </summary>
    internal void Draw(StringBuilder to, int columns)
    {
        int first = _cursor;
        for (int before = 1; first > 0 && before + ColumnsOf(first - 1) <= columns; first--)
            before += ColumnsOf(first - 1);
        int behind = 0;
        for (int i = first, used = 0; i < _elements.Count && used + ColumnsOf(i) <= columns; i++)
        {
            to.Append(_elements[i] == "\n" ? LineEnd : _elements[i]);
            used += ColumnsOf(i);
            if (i >= _cursor)
                behind += ColumnsOf(i);
        }

        if (behind > 0)
            to.Append("\u001b[").Append(behind).Append('D');
    }

    private void Append(string text)
    {
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
            _elements.Add(elements.GetTextElement());
        _length += text.Length;
    }

    private void Remove(int start, int count)
    {
        int removed = Math.Min(count, _elements.Count - start);
        for (int i = start; i < start + removed; i++)
            _length -= _elements[i].Length;
        _elements.RemoveRange(start, removed);
    }

    private int ColumnsOf(int index) => TextColumns.Of(_elements[index]);
}
