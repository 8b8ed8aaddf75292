namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>Something to say about a line of a file.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Text">What is to be said, without texts of the file that people wrote.</param>
public readonly record struct LineNote(int Line, string Text)
{
    /// <summary>As people read it.</summary>
    public override string ToString() => $"line {Line}: {Text}";
}

/// <summary>What is wrong with a file: the first few, and how many.</summary>
internal sealed class FaultList
{
    // Arbitrary: more than anybody mends at once.
    private const int MaxNotes = 50;

    private readonly List<LineNote> _notes = [];

    internal IReadOnlyList<LineNote> Notes => _notes;

    internal bool Any => _notes.Count > 0;

    internal void Add(int line, string text)
    {
        LineNote note = new(line, text);
        if (_notes.Count < MaxNotes && !_notes.Contains(note))
            _notes.Add(note);
    }
}
