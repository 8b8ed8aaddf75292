using System.Diagnostics.CodeAnalysis;

namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>A property of an iCalendar file: <c>NAME;PARAM=VALUE:value</c> (RFC 5545, section 3.1).</summary>
/// <param name="Number">The line of the file on which it begins, from 1.</param>
/// <param name="Name">In upper case.</param>
/// <param name="Value">What stands behind the colon.</param>
internal sealed record IcsLine(int Number, string Name, string Value)
{
    private readonly Dictionary<string, string> _parameters = [];

    /// <summary>A parameter's value without its quotes; null if it is not there.</summary>
    internal string? Parameter(string name) => _parameters.GetValueOrDefault(name);

    /// <summary>The name of a line, without the rest.</summary>
    internal static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> line)
    {
        int end = line.IndexOfAny(';', ':');
        return end < 0 ? line : line[..end];
    }

    /// <summary>Takes an unfolded line apart; false if it has no name, no colon, or an open quote.</summary>
    internal static bool TryParse(int number, string line, [NotNullWhen(true)] out IcsLine? parsed)
    {
        parsed = null;
        int at = NameOf(line).Length;
        if (at == 0 || at == line.Length)
            return false;
        var parameters = new List<(string Name, string Value)>();
        while (line[at] == ';')
        {
            int equals = line.IndexOf('=', at);
            if (equals < 0 || !TryFindEnd(line, equals + 1, out int end))
                return false;
            parameters.Add((line[(at + 1)..equals].ToUpperInvariant(), line[(equals + 1)..end].Trim('"')));
            at = end;
        }

        parsed = new IcsLine(number, NameOf(line).ToString().ToUpperInvariant(), line[(at + 1)..]);
        foreach ((string name, string value) in parameters)
            parsed._parameters.TryAdd(name, value);
        return true;
    }

    /// <summary>Where a parameter's value ends: at a semicolon or colon outside quotes.</summary>
    private static bool TryFindEnd(string line, int from, out int end)
    {
        bool quoted = false;
        for (end = from; end < line.Length; end++)
        {
            if (line[end] == '"')
                quoted = !quoted;
            else if (!quoted && line[end] is ';' or ':')
                return true;
        }

        return false;
    }
}
