using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Repl;

/// <summary>Passwords of commands that are typed in the console: they are never part of a line.</summary>
internal static class Passwords
{
    /// <summary>Asks for them; says why that cannot be, or null.</summary>
    /// <param name="line">The command.</param>
    /// <param name="isTerminal">Somebody sits there: what is typed is not shown.</param>
    internal static string? WhyNone(SlashLine line, bool isTerminal)
    {
        foreach (CommandArgument argument in line.Command!.Arguments.Where(static a => a.Kind == ArgumentKind.Secret))
        {
            if (!isTerminal)
                return "passwords are typed at a terminal only: 'qpc-mesh ctl' takes them from a file";
            try
            {
                argument.Set(line.Request!, Passphrase.AskFor(argument));
            }
            catch (UsageException e)
            {
                return e.Message;
            }
        }

        return null;
    }
}
