using System.CommandLine;
using System.CommandLine.Parsing;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Configuration;

// Without a default arm the compiler names the kind that is missing.
#pragma warning disable CS8524

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>An argument of a command as the command line reads it.</summary>
/// <param name="argument">The argument.</param>
/// <param name="symbol">What reads it.</param>
/// <param name="valueOf">Takes its value from what was typed.</param>
internal sealed class CommandSymbol(CommandArgument argument, Symbol symbol, Func<ParseResult, object?> valueOf)
{
    private const string Input = "-";

    /// <summary>How the name of a value ends that may be several.</summary>
    private const string Several = ",...";

    /// <summary>Makes the symbol of an argument.</summary>
    internal static CommandSymbol Of(CommandArgument argument) => argument.Kind switch
    {
        ArgumentKind.Text => argument.Place == ArgumentPlace.Option ? TextOption(argument) : Text(argument),
        ArgumentKind.Texts => Texts(argument),
        ArgumentKind.Number => Number(argument),
        ArgumentKind.Flag => Flag(argument),
        ArgumentKind.Secret => Secret(argument),
    };

    internal void AddTo(Command command)
    {
        if (symbol is Argument operand)
            command.Arguments.Add(operand);
        else
            command.Options.Add((Option)symbol);
    }

    /// <summary>Puts what was typed into a request.</summary>
    internal void Fill(object request, ParseResult parsed)
    {
        object? value = valueOf(parsed);
        argument.Set(request, argument.TakesInput && value is Input ? StandardInput.ReadText() : value);
    }

    private static CommandSymbol Text(CommandArgument argument)
    {
        var operand = new Argument<string?>(argument.Typed)
        {
            Description = argument.Help,
            Arity = argument.Place == ArgumentPlace.Operand ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
        };
        return new CommandSymbol(argument, operand, p => p.GetValue(operand));
    }

    /// <summary>What stands for several words may be given several times as well as with commas.</summary>
    private static CommandSymbol TextOption(CommandArgument argument)
    {
        if (argument.ValueName?.EndsWith(Several, StringComparison.Ordinal) == true)
        {
            var several = new Option<string[]>(argument.Typed)
            {
                Description = argument.Help,
                HelpName = argument.ValueName
            };
            return new CommandSymbol(
                argument, several, p => p.GetValue(several) is { Length: > 0 } words ? string.Join(',', words) : null);
        }

        var option = new Option<string?>(argument.Typed) { Description = argument.Help, HelpName = argument.ValueName };
        return new CommandSymbol(argument, option, p => p.GetValue(option));
    }

    private static CommandSymbol Texts(CommandArgument argument)
    {
        var operands = new Argument<string[]>(argument.Typed)
        {
            Description = argument.Help,
            Arity = ArgumentArity.OneOrMore,
        };
        return new CommandSymbol(argument, operands, p => p.GetValue(operands));
    }

    private static CommandSymbol Number(CommandArgument argument)
    {
        var option = new Option<int?>(argument.Typed)
        {
            Description = argument.Help,
            HelpName = argument.ValueName,
            CustomParser = ReadNumber,
        };
        return new CommandSymbol(argument, option, p => p.GetValue(option));
    }

    private static CommandSymbol Flag(CommandArgument argument)
    {
        var option = new Option<bool>(argument.Typed) { Description = argument.Help, Arity = ArgumentArity.Zero };
        return new CommandSymbol(argument, option, p => p.GetValue(option));
    }

    /// <summary>A password is never on the command line: it is in a file, or typed.</summary>
    private static CommandSymbol Secret(CommandArgument argument)
    {
        var file = new Option<string?>(argument.Typed) { Description = argument.Help, HelpName = argument.ValueName };
        return new CommandSymbol(
            argument, file, p => p.GetValue(file) is { } path ? ReadSecret(path) : Passphrase.AskFor(argument));
    }

    private static byte[] ReadSecret(string path)
    {
        try
        {
            return Passphrase.Read(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(FaultText.Of(e));
        }
    }

    /// <summary>Digits and nothing else; the runtime would take signs and blanks too.</summary>
    private static int? ReadNumber(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (Quantity.TryParseNumber(text, out long number) && number <= int.MaxValue)
            return (int)number;
        result.AddError($"'{text}' is no number");
        return null;
    }
}
