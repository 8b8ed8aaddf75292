using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Asks a daemon for a whole result, for commands that need several.</summary>
internal sealed class ControlAsker(ReplyPages pages)
{
    /// <summary>The result of a command without arguments, all its pages in one.</summary>
    /// <exception cref="IOException">The daemon refused, or went away.</exception>
    internal async Task<TResult> AskAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, CancellationToken cancellation)
        where TRequest : class, new() =>
        await AskAsync(command, new TRequest(), cancellation).ConfigureAwait(false);

    /// <summary>The result of a command, all its pages in one.</summary>
    /// <exception cref="IOException">The daemon refused, or went away.</exception>
    internal async Task<TResult> AskAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest request, CancellationToken cancellation)
        where TRequest : class, new()
    {
        var merged = new MergedResult(command);
        IAsyncEnumerable<ReplyPages.Reply?> replies = pages.InOrderAsync(command, request, cancellation);
        await foreach (ReplyPages.Reply? page in replies.ConfigureAwait(false))
        {
            using (page)
            {
                if (page is null)
                    throw new IOException("the daemon went away");
                if (!page.IsDone)
                    throw new IOException($"{command.Name}: {page.Error}");
                merged.Add(page.Result);
            }
        }

        using JsonDocument result = merged.ToJson();
        return command.Read(result.RootElement);
    }
}
