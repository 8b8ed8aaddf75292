using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>One run of <c>ctl</c>: request, reply, exit code.</summary>
/// <param name="command">What is asked.</param>
/// <param name="request">With what.</param>
/// <param name="json">Print JSON, as it came.</param>
/// <param name="output">Where results go.</param>
/// <param name="errors">Where refusals go.</param>
internal sealed class CtlSession(CommandSpec command, object request, bool json, TextWriter output, TextWriter errors)
{
    /// <summary>Asks the daemon at a path.</summary>
    internal async Task<int> RunAsync(string path, CancellationToken cancellation)
    {
        try
        {
            using ControlClient client = CtlErrors.Connect(path);
            var pages = new ReplyPages(client);
            if (command == Commands.WatchEvents)
                return await WatchAsync(client, pages, cancellation).ConfigureAwait(false);
            return command.Paging == Paging.Backward
                ? await ListAsync(pages, cancellation).ConfigureAwait(false)
                : await AskAsync(pages, cancellation).ConfigureAwait(false);
        }
        catch (NoDaemonException e)
        {
            return CtlErrors.Write(errors, json, ExitCode.NoDaemon, e.Message);
        }
        catch (OperationCanceledException)
        {
            return command == Commands.WatchEvents ? ExitCode.Done : ExitCode.Failed;
        }
    }

    private async Task<int> AskAsync(ReplyPages pages, CancellationToken cancellation)
    {
        var merged = new MergedResult(command);
        IAsyncEnumerable<ReplyPages.Reply?> replies = pages.InOrderAsync(command, request, cancellation);
        await foreach (ReplyPages.Reply? page in replies.ConfigureAwait(false))
        {
            using (page)
            {
                if (Failure(page) is { } code)
                    return code;
                merged.Add(page!.Result);
            }
        }

        using JsonDocument result = merged.ToJson();
        if (json)
            output.WriteLine(result.RootElement.GetRawText());
        else
            command.Show(ConsolePlace.ScreenOn(output), result.RootElement);
        return command.HasReached(request, result.RootElement) ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Messages may be more than fits in memory: each page is written as it comes.</summary>
    private async Task<int> ListAsync(ReplyPages pages, CancellationToken cancellation)
    {
        bool any = false;
        IAsyncEnumerable<ReplyPages.Reply?> replies = pages.InOrderAsync(command, request, cancellation);
        await foreach (ReplyPages.Reply? page in replies.ConfigureAwait(false))
        {
            using (page)
            {
                if (Failure(page) is { } code)
                    return code;
                if (!json)
                {
                    if (!any || page!.Result.GetArrayLength() > 0)
                        command.Show(ConsolePlace.ScreenOn(output), page!.Result);
                    any = true;
                    continue;
                }

                foreach (JsonElement item in page!.Result.EnumerateArray())
                {
                    output.Write((any ? "," : "[") + item.GetRawText());
                    any = true;
                }
            }
        }

        if (json)
            output.WriteLine(any ? "]" : "[]");
        return ExitCode.Done;
    }

    private async Task<int> WatchAsync(ControlClient client, ReplyPages pages, CancellationToken cancellation)
    {
        byte[] line = command.ToLine(request);
        using (ReplyPages.Reply? reply = await pages.AskAsync(line, cancellation).ConfigureAwait(false))
        {
            if (Failure(reply) is { } code)
                return code;
        }

        while (await client.ReadLineAsync(cancellation).ConfigureAwait(false) is { } happened)
        {
            await output.WriteLineAsync(Encoding.UTF8.GetString(happened.Span)).ConfigureAwait(false);
            await output.FlushAsync(cancellation).ConfigureAwait(false);
        }

        return ExitCode.Done;
    }

    /// <summary>Says why a request was not done; null if it was.</summary>
    private int? Failure(ReplyPages.Reply? reply)
    {
        if (reply is { IsDone: true })
            return null;
        return CtlErrors.Write(
            errors, json, reply is { IsUsage: true } ? ExitCode.Usage : ExitCode.Failed,
            reply?.Error ?? "the daemon went away");
    }
}
