using System.CommandLine;
using System.Text;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>qpc-mesh web</c>: prints a link that opens the page once, and opens it where there is a desktop. The link is a
/// secret for a minute: it is in no argument of a program, where every user of the machine could read it. The browser
/// gets the name of a file that only this user can read, and the file sends it on.
/// </summary>
internal static class WebCommand
{
    private const string Opener = "/usr/bin/xdg-open";

    /// <summary>How long a browser may take to read the file.</summary>
    private static readonly TimeSpan OpenPatience = TimeSpan.FromSeconds(10);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    internal static Command Build()
    {
        var socket = new Option<string?>("--control")
        {
            Description = $"Path of the control socket; else ${DefaultPaths.ControlVariable}, else in the data "
                + "directory.",
            HelpName = "SOCKET",
        };
        var noOpen = new Option<bool>("--no-open") { Description = "Only print the link.", Arity = ArgumentArity.Zero };
        var json = new Option<bool>("--json")
        {
            Description = "Print JSON, as it came, and open nothing.",
            Arity = ArgumentArity.Zero
        };
        var command = new Command("web",
            "Prints a link to the page that works once, within a minute, and opens it.") { socket, noOpen, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            string path = parsed.GetValue(socket) is { Length: > 0 } named ? named : DefaultPaths.Control;
            if (parsed.GetValue(json))
                return await new CtlSession(Commands.PageLink, new NoArguments(), true, Console.Out, Console.Error)
                    .RunAsync(path, cancellation).ConfigureAwait(false);
            return await RunAsync(path, !parsed.GetValue(noOpen), cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(string path, bool opens, CancellationToken cancellation)
    {
        using ControlClient? client = ControlClient.TryConnect(path, out string why);
        if (client is null)
        {
            await Console.Error.WriteLineAsync($"{why}; 'qpc-mesh run' starts one").ConfigureAwait(false);
            return ExitCode.NoDaemon;
        }

        var asker = new ControlAsker(new ReplyPages(client));
        PageLinkInfo link = await asker.AskAsync(Commands.PageLink, cancellation).ConfigureAwait(false);
        await Console.Out.WriteLineAsync(link.Url).ConfigureAwait(false);
        if (opens && HasDesktop && File.Exists(Opener))
            await OpenAsync(link, cancellation).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private static bool HasDesktop =>
        Environment.GetEnvironmentVariable("DISPLAY") is { Length: > 0 }
        || Environment.GetEnvironmentVariable("WAYLAND_DISPLAY") is { Length: > 0 };

    private static async Task OpenAsync(PageLinkInfo link, CancellationToken cancellation)
    {
        string folder = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own ? own
            : Path.GetTempPath();
        string file = Path.Combine(folder, $"qpc-mesh-{Path.GetRandomFileName()}.html");
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly
            };
            var stream = new FileStream(file, options);
            await using (stream.ConfigureAwait(false))
            {
                // The link is an address, a port and base64url: nothing in it needs to be escaped.
                await stream.WriteAsync(
                    Encoding.ASCII.GetBytes(
                        $"<!doctype html><meta http-equiv=\"refresh\" content=\"0;url={link.Url}\">\n"),
                    cancellation).ConfigureAwait(false);
            }

            if (Libc.Spawn(Opener, file) is var error and not 0)
            {
                await Console.Error.WriteLineAsync($"{Opener} does not start (error {error}): open the link by hand")
                    .ConfigureAwait(false);
                return;
            }

            await Task.Delay(OpenPatience, TimeProvider.System, cancellation).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
