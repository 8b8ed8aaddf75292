using System.Text.Json;

namespace QuicProChat.Mesh.Api;

/// <summary>All commands that a program knows, by their names.</summary>
public sealed class CommandTable
{
    /// <summary>Bytes of a name as it is written, at most: any name, even with all characters escaped.</summary>
    private const int MaxWritten = 192;

    private readonly Dictionary<string, CommandSpec> _byName = new(StringComparer.Ordinal);

    /// <summary>Makes a table.</summary>
    /// <exception cref="ArgumentException">Two commands have one name.</exception>
    public CommandTable(IEnumerable<CommandSpec> commands)
    {
        All = [.. commands];
        foreach (CommandSpec command in All)
            _byName.Add(command.Name, command);
        Names = string.Join(", ", All.Select(c => c.Name));
    }

    /// <summary>The commands, in the order in which help lists them.</summary>
    public IReadOnlyList<CommandSpec> All { get; }

    /// <summary>Their names, for a sentence.</summary>
    public string Names { get; }

    /// <summary>The command of a name; null if there is none.</summary>
    public CommandSpec? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The command whose name the reader stands on; null if there is none.</summary>
    /// <exception cref="InvalidOperationException">The text is not Unicode.</exception>
    internal CommandSpec? Find(ref Utf8JsonReader json)
    {
        if (json.ValueSpan.Length > MaxWritten)
            return null;
        Span<char> name = stackalloc char[MaxWritten];
        int length = json.CopyString(name);
        return _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name[..length], out CommandSpec? found)
            ? found : null;
    }
}
