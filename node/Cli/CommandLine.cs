using System.CommandLine;
using System.CommandLine.Parsing;
using System.Reflection;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>The commands of the program: <c>run | repl | ctl | keygen | identity | version</c>.</summary>
internal static class CommandLine
{
    /// <summary>The program's version, as the build stamped it.</summary>
    internal static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Runs what the arguments say; see <see cref="ExitCode"/>.</summary>
    internal static async Task<int> RunAsync(string[] args)
    {
        ParseResult parsed = Build().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (ParseError error in parsed.Errors)
                Console.Error.WriteLine(error.Message);
            Console.Error.WriteLine($"'{Path(parsed)} --help' shows how it is used.");
            return ExitCode.Usage;
        }

        var settings = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            return await parsed.InvokeAsync(settings).ConfigureAwait(false);
        }
        catch (UsageException e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCode.Usage;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException or Store.StoreException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCode.Failed;
        }
    }

    private static RootCommand Build()
    {
        var root = new RootCommand("A mesh messenger node: finds others, carries and holds their encrypted messages.")
        {
            RunCommand.Build(),
            ReplCommand.Build(),
            CtlCommand.Build(),
            KeygenCommand.Build(),
            IdentityCommand.Build(),
        };
        foreach (Option builtIn in root.Options.OfType<VersionOption>().ToArray())
            root.Options.Remove(builtIn);
        var version = new Command("version", "Prints the version.");
        version.SetAction(_ => Console.WriteLine($"qpc-mesh {Version}"));
        root.Subcommands.Add(version);
        return root;
    }

    private static string Path(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            names.Push(command.Command is RootCommand ? "qpc-mesh" : command.Command.Name);
        return string.Join(' ', names);
    }
}

/// <summary>The command line or the configuration is wrong; the message says what and what would be right.</summary>
internal sealed class UsageException(string message) : Exception(message);
