namespace QuicProChat.Mesh.Api;

/// <summary>One way to ask for a command in the console.</summary>
/// <param name="Typed">What the line begins with: <c>/mesh peers</c>.</param>
/// <param name="Arguments">What follows, for the help: <c>PEER TEXT</c>; empty for nothing.</param>
/// <param name="Help">What it does, in a few words.</param>
public sealed record ConsoleForm(string Typed, string Arguments, string Help)
{
    /// <summary>Other ways to type it, which the help does not name.</summary>
    public IReadOnlyList<string> Also { get; init; } = [];

    /// <summary>
    /// Makes the request; null where the line is wrong. Without it, what follows are the command's operands.
    /// </summary>
    public Func<ConsoleLine, object?>? Parse { get; init; }

    /// <summary>What the help shows, and whoever typed it wrongly.</summary>
    public string Usage => Arguments.Length == 0 ? Typed : $"{Typed} {Arguments}";

    /// <summary>The request that a line asks for; null where the line is wrong.</summary>
    /// <param name="command">The command that this is a form of.</param>
    /// <param name="line">What was typed.</param>
    public object? ToRequest(CommandSpec command, ConsoleLine line)
    {
        if (Parse is not null)
            return Parse(line);
        object request = command.NewRequest();
        CommandArgument[] operands =
            [.. command.Arguments.Where(a => a.Place is ArgumentPlace.Operand or ArgumentPlace.OptionalOperand)];
        string rest = line.Rest;
        for (int i = 0; i < operands.Length; i++)
        {
            // The last one takes all that is left: a text has blanks.
            bool isLast = i == operands.Length - 1;
            (string value, rest) = isLast ? (rest, "") : ConsoleLine.Split(rest);
            if (value.Length == 0 && operands[i].Place == ArgumentPlace.Operand)
                return null;
            if (value.Length == 0)
                break;
            operands[i].Set(request, operands[i].Kind == ArgumentKind.Texts
                ? value.Split(' ', StringSplitOptions.RemoveEmptyEntries) : value);
        }

        return rest.Length == 0 ? request : null;
    }
}

/// <summary>What stands behind the words of a command in the console.</summary>
/// <param name="Rest">All of it, without blanks at its ends.</param>
/// <param name="Conversation">Whom or what the console talks to; null for nobody.</param>
public readonly record struct ConsoleLine(string Rest, string? Conversation)
{
    /// <summary>The first word, and what follows it.</summary>
    public static (string First, string Remainder) Split(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..].TrimStart());
    }
}
