using System.CommandLine;
using System.Text;
using QuicProChat.Mesh.Server.Hooks;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>
/// Options of <c>run</c> for programs of the operator's beside the server: a hook, and what wakes devices.
/// </summary>
internal sealed class ExtensionOptions
{
    private const string UnixPrefix = "unix:";

    // sockaddr_un, unix(7): 108 bytes with the last 0.
    private const int MaxSocketPath = 107;

    private readonly Option<string?> _hook = new("--hook")
    {
        Description = "unix:/PATH of a socket on which a program of yours listens: it is told what happens.",
    };

    private readonly Option<HookRegistration> _registration = new("--hook-registration")
    {
        Description = "Whether the hook is asked before each registration, and what happens where it does not answer: "
            + "allow or refuse; told: it is not asked.",
        DefaultValueFactory = _ => HookRegistration.Told,
    };

    private readonly Option<string?> _push = new("--push-command")
    {
        Description = "A program of yours that reads lines 'PLATFORM TOKEN' and wakes those devices.",
    };

    private readonly Option<int> _interval = new("--push-interval")
    {
        Description = "A device is woken once in so many seconds at most.",
        DefaultValueFactory = _ => (int)new ServerOptions { DataDirectory = "" }.PushInterval.TotalSeconds,
    };

    internal void AddTo(Command command)
    {
        command.Options.Add(_hook);
        command.Options.Add(_registration);
        command.Options.Add(_push);
        command.Options.Add(_interval);
    }

    /// <summary>The settings with these options, or what is wrong with them.</summary>
    internal (ServerOptions Options, string? Problem) Apply(ParseResult parsed, ServerOptions options)
    {
        string? hook = parsed.GetValue(_hook), push = parsed.GetValue(_push);
        HookRegistration registration = parsed.GetValue(_registration);
        int interval = parsed.GetValue(_interval);
        string? problem = null;
        if (hook is not null && (!hook.StartsWith("unix:/", StringComparison.Ordinal)
            || Encoding.UTF8.GetByteCount(hook) > UnixPrefix.Length + MaxSocketPath))
            problem = $"'{hook}': --hook is unix:/PATH, a path of {MaxSocketPath} bytes at most.";
        else if (hook is null && registration != HookRegistration.Told)
            problem = "--hook-registration needs a --hook.";
        else if (push is not null && !File.Exists(push))
            problem = $"--push-command: there is no file {push}.";
        else if (interval is < 1 or > 86_400)
            problem = "--push-interval is 1 to 86400 seconds.";
        return (options with
        {
            HookSocket = hook?[UnixPrefix.Length..],
            HookRegistration = registration,
            PushCommand = push is null ? null : Path.GetFullPath(push),
            PushInterval = TimeSpan.FromSeconds(interval),
        }, problem);
    }
}
