using System.CommandLine;
using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>ctl file send</c> and <c>ctl file save</c>, which read and write files: the client does, with the rights of
/// whoever runs it.
/// </summary>
internal static class FileCommand
{
    internal static void AddTo(Command ctl, Func<ParseResult, string> socketOf, Option<bool> json)
    {
        Command group = ctl.Subcommands.First(c => c.Name == CommandGroup.Files.Word);
        group.Subcommands.Add(Send(socketOf, json));
        group.Subcommands.Add(Save(socketOf, json));
    }

    private static Command Send(Func<ParseResult, string> socketOf, Option<bool> json)
    {
        var to = new Argument<string>("to") { Description = "An address, an alias, group:NAME, self." };
        var path = new Argument<string>("path") { Description = "The file." };
        var overRadio = new Option<bool>(
            "--over-radio")
        { Description = "It may cross radios, however long that takes." };
        var thumbnail = new Option<string?>("--thumbnail")
        {
            Description = "A small picture of it: PNG, JPEG or WebP of at most 2,048 bytes without metadata.",
            HelpName = "PATH",
        };
        var send = new Command("send", "Sends a file: its offer goes at once, the members fetch it.") { to, path,
            overRadio, thumbnail };
        send.SetAction((parsed, cancellation) => RunAsync(socketOf(parsed), async (client, _) =>
        {
            byte[]? picture = parsed.GetValue(thumbnail) is { } picturePath ? ReadThumbnail(picturePath) : null;
            FileTransferInfo file = await client.SendAsync(
                parsed.GetValue(to)!, parsed.GetValue(path)!, picture, parsed.GetValue(overRadio), cancellation)
                    .ConfigureAwait(false);
            return parsed.GetValue(json)
                ? JsonSerializer.Serialize(file, ApiJson.Default.FileTransferInfo) : file.Describe();
        }));
        return send;
    }

    private static Command Save(Func<ParseResult, string> socketOf, Option<bool> json)
    {
        var id = new Argument<string>("id") { Description = "The message with the offer." };
        var path = new Argument<string>(
            "path")
        { Description = "Where to; a folder: there, under its name. Nothing is overwritten." };
        var wait = new Option<bool>(
            "--wait")
        { Description = "Fetch it, if need be, and wait until all of it is here." };
        var overRadio = new Option<bool>("--over-radio") { Description = "With --wait: it may cross radios." };
        var save = new Command("save", "Writes a file that is here.") { id, path, wait, overRadio };
        save.SetAction((parsed, cancellation) => RunAsync(socketOf(parsed), async (client, line) =>
        {
            string named = parsed.GetValue(id)!;
            if (parsed.GetValue(wait))
            {
                await client.AcceptAsync(named, parsed.GetValue(overRadio), cancellation).ConfigureAwait(false);
                await client.WaitAsync(named, cancellation).ConfigureAwait(false);
                line.End();
            }

            string saved = await client.SaveAsync(named, parsed.GetValue(path)!, cancellation).ConfigureAwait(false);
            return parsed.GetValue(json)
                ? JsonSerializer.Serialize(new DoneInfo(saved), ApiJson.Default.DoneInfo) : Screen.Printable(saved);
        }));
        return save;
    }

    private static byte[] ReadThumbnail(string path)
    {
        byte[] picture = File.ReadAllBytes(path);
        return Thumbnails.WhyNot(picture) is { } why ? throw new UsageException($"{path}: {why}") : picture;
    }

    private static async Task<int> RunAsync(string socket, Func<FileClient, ProgressLine, Task<string>> what)
    {
        using ControlClient? connection = ControlClient.TryConnect(socket, out string why);
        if (connection is null)
        {
            await Console.Error.WriteLineAsync($"{why}; 'qpc-mesh run' starts one").ConfigureAwait(false);
            return ExitCode.NoDaemon;
        }

        ProgressLine line = ProgressLine.OnErrors;
        try
        {
            string said = await what(new FileClient(new ReplyPages(connection), line.Show), line).ConfigureAwait(false);
            line.End();
            Console.Out.WriteLine(said);
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            line.End();
            await Console.Error.WriteLineAsync(FaultText.Of(e)).ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }
}
