using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Reflection;
using System.Text.Unicode;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>The commands of the program: <c>run | repl | ctl | web | keygen | identity | version</c>.</summary>
internal static class CommandLine
{
    /// <summary>The program's version, as the build stamped it.</summary>
    internal static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>
    /// How arguments are read: as they are. Nothing that begins with @ is taken for the name of a file, and nothing
    /// that begins with one dash for several options.
    /// </summary>
    internal static ParserConfiguration Literally { get; } =
        new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>The program: <see cref="RunAsync"/> on what the system handed over.</summary>
    internal static async Task<int> MainAsync(string[] args)
    {
        // The runtime makes U+FFFD of what is not UTF-8, silently: a text would arrive as another one.
        if (Array.Exists(args, a => a.Contains('\uFFFD', StringComparison.Ordinal)) && !IsUtf8("/proc/self/cmdline"))
        {
            TryWriteError("an argument is not UTF-8; 'send' reads texts from standard input too, in UTF-8 as well");
            return ExitCode.Usage;
        }

        return await RunAsync(args).ConfigureAwait(false);
    }

    /// <summary>Runs what the arguments say; see <see cref="ExitCode"/>.</summary>
    internal static async Task<int> RunAsync(string[] args)
    {
        ParseResult parsed = Build().Parse(args, Literally);
        if (parsed.Errors.Count > 0)
        {
            string hint = $"'{Path(parsed)} --help' shows how it is used.{Hint(parsed)}";
            if (CtlErrors.WantsJson(parsed))
                return Fail(parsed, ExitCode.Usage,
                    string.Join(' ', parsed.Errors.Select(e => e.Message).Append(hint)));
            foreach (ParseError error in parsed.Errors)
                TryWriteError(error.Message);
            TryWriteError(hint);
            return ExitCode.Usage;
        }

        var settings = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null
        };
        try
        {
            int code = await parsed.InvokeAsync(settings).ConfigureAwait(false);
            await Console.Out.FlushAsync().ConfigureAwait(false);
            return code;
        }
        catch (NoDaemonException e)
        {
            return Fail(parsed, ExitCode.NoDaemon, e.Message);
        }
        catch (UsageException e)
        {
            return Fail(parsed, ExitCode.Usage, e.Message);
        }
        catch (Exception e)
        {
            return Fail(parsed, ExitCode.Failed, FaultText.Of(e));
        }
    }

    private static int Fail(ParseResult parsed, int code, string text)
    {
        using var said = new StringWriter();
        _ = CtlErrors.Write(said, CtlErrors.WantsJson(parsed), code, text);
        TryWriteError(said.ToString().TrimEnd('\n'));
        return code;
    }

    internal static RootCommand Build()
    {
        var root = new RootCommand("A mesh messenger node: finds others, carries and holds their encrypted messages.")
        {
            RunCommand.Build(),
            ReplCommand.Build(),
            CtlCommand.Build(),
            WebCommand.Build(),
            KeygenCommand.Build(),
            IdentityCommand.Build(),
        };
        // "/?" and "/h" may be what somebody wants to send. Directives ("[suggest]") are for programs that complete
        // arguments.
        foreach (Option builtIn in root.Options.Where(o => o is VersionOption or HelpOption).ToArray())
            root.Options.Remove(builtIn);
        root.Options.Add(new HelpOption("--help", "-h", "-?"));
        root.Directives.Clear();
        var version = new Command("version", "Prints the version.");
        version.SetAction(_ => Console.WriteLine($"qpc-mesh {Version}"));
        root.Subcommands.Add(version);
        return root;
    }

    /// <summary>Says something on standard error, if anybody can hear it.</summary>
    internal static void TryWriteError(string text)
    {
        try
        {
            Console.Error.WriteLine(text);
        }
        catch (IOException)
        {
            // The exit code says it too.
        }
    }

    private static bool IsUtf8(string path)
    {
        try
        {
            return Utf8.IsValid(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc nothing is known about it; U+FFFD may be what was meant.
            return true;
        }
    }

    private static string Hint(ParseResult parsed) =>
        parsed.UnmatchedTokens.Any(t => t.StartsWith('-'))
            ? " What begins with a dash and is no option stands behind --." : "";

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
