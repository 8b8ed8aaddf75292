using System.Text.Json;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// Asks for a list to its end: a reply that does not hold all says where the rest begins. Pages come one by one, so that a
/// client needs the memory of one.
/// </summary>
internal sealed class ReplyPages(ControlClient client)
{
    /// <summary>One reply; its memory is the page's until it is disposed of.</summary>
    internal sealed record Reply(JsonDocument Json) : IDisposable
    {
        internal bool IsDone => Json.RootElement.GetProperty("ok").GetBoolean();

        internal JsonElement Result => Json.RootElement.GetProperty("result");

        internal string Error => Json.RootElement.GetProperty("error").GetString()!;

        internal bool IsUsage => Json.RootElement.GetProperty("code").GetString() == "usage";

        /// <summary>Where the rest begins; null if there is none.</summary>
        internal string? More => Json.RootElement.TryGetProperty("more", out JsonElement more) ? more.GetString() : null;

        public void Dispose() => Json.Dispose();
    }

    /// <summary>Asks once; null if the daemon went away.</summary>
    internal async Task<Reply?> AskAsync(ControlRequest request, CancellationToken cancellation)
    {
        await client.SendAsync(request, cancellation).ConfigureAwait(false);
        // The bytes are the client's until it reads again; what is kept of a reply is a copy.
        return await client.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line ? new Reply(JsonDocument.Parse(line.ToArray())) : null;
    }

    /// <summary>
    /// The pages of a list, in the order in which people read it. Messages come newest first from page to page: where there
    /// are several pages, the first round only notes where they begin.
    /// </summary>
    internal async IAsyncEnumerable<Reply?> InOrderAsync(
        ControlRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        Reply? reply = await AskAsync(request, cancellation).ConfigureAwait(false);
        string? more = reply is { IsDone: true } ? reply.More : null;
        if (more is null || request.Command != ControlCommands.Messages)
        {
            yield return reply;
            while (more is not null)
            {
                reply = await AskAsync(request with { From = more }, cancellation).ConfigureAwait(false);
                more = reply is { IsDone: true } ? reply.More : null;
                yield return reply;
            }

            yield break;
        }

        var pages = new Stack<ControlRequest>();
        int left = request.Limit ?? ControlRequest.UsualMessages;
        for (ControlRequest next = request; ;)
        {
            pages.Push(next);
            using Reply? read = reply;
            if (read is not { IsDone: true, More: { } older } || (left -= read.Result.GetArrayLength()) <= 0)
                break;
            next = request with { From = older, Limit = left };
            reply = await AskAsync(next, cancellation).ConfigureAwait(false);
        }

        while (pages.TryPop(out ControlRequest? page))
            yield return await AskAsync(page, cancellation).ConfigureAwait(false);
    }
}
