using System.Runtime.CompilerServices;
using System.Text.Json;
using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// Asks for a list to its end: a reply that does not hold all says where the rest begins. Pages come one by one, so
/// that a
/// client needs the memory of one.
/// </summary>
internal sealed class ReplyPages(ControlClient client)
{
    private const string LimitKey = "limit";

    /// <summary>One reply; its memory is the page's until it is disposed of.</summary>
    internal sealed record Reply(JsonDocument Json) : IDisposable
    {
        internal bool IsDone => Json.RootElement.GetProperty("ok").GetBoolean();

        internal JsonElement Result => Json.RootElement.GetProperty("result");

        internal string Error => Json.RootElement.GetProperty("error").GetString()!;

        internal bool IsUsage => Json.RootElement.GetProperty("code").GetString() == "usage";

        /// <summary>Where the rest begins; null if there is none.</summary>
        internal string? More =>
            Json.RootElement.TryGetProperty("more", out JsonElement more) ? more.GetString() : null;

        public void Dispose() => Json.Dispose();
    }

    /// <summary>Asks once; null if the daemon went away.</summary>
    /// <param name="line">The request: <see cref="CommandSpec.ToLine"/>.</param>
    /// <param name="cancellation">Breaks it off.</param>
    internal async Task<Reply?> AskAsync(ReadOnlyMemory<byte> line, CancellationToken cancellation)
    {
        await client.SendAsync(line, cancellation).ConfigureAwait(false);
        // The bytes are the client's until it reads again; what is kept of a reply is a copy.
        return await client.ReadLineAsync(cancellation).ConfigureAwait(false) is { } reply
            ? new Reply(JsonDocument.Parse(reply.ToArray())) : null;
    }

    /// <summary>The pages of a list, in the order in which people read it.</summary>
    internal IAsyncEnumerable<Reply?> InOrderAsync(
        CommandSpec command, object request, CancellationToken cancellation) =>
        command.Paging == Paging.Backward
            ? BackwardAsync(command, request, cancellation) : ForwardAsync(command, request, cancellation);

    private async IAsyncEnumerable<Reply?> ForwardAsync(
        CommandSpec command, object request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? from = null;
        do
        {
            Reply? reply = await AskAsync(command.ToLine(request, from: from), cancellation).ConfigureAwait(false);
            from = reply is { IsDone: true } ? reply.More : null;
            yield return reply;
        }
        while (from is not null);
    }

    /// <summary>
    /// From page to page the newest come first: where there are several, the first round only notes where they begin.
    /// </summary>
    private async IAsyncEnumerable<Reply?> BackwardAsync(
        CommandSpec command, object request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        CommandArgument? limit = command.Arguments.FirstOrDefault(a => a.Key == LimitKey);
        object? whole = limit?.Get(request);
        int left = whole as int? ?? command.UsualItems;
        var pages = new Stack<byte[]>();
        byte[] next = command.ToLine(request);
        while (true)
        {
            pages.Push(next);
            Reply? reply = await AskAsync(next, cancellation).ConfigureAwait(false);
            if (reply is not { IsDone: true, More: { } older } || (left -= reply.Result.GetArrayLength()) <= 0)
            {
                // The oldest page is the first that people read.
                pages.Pop();
                yield return reply;
                break;
            }

            reply.Dispose();
            limit?.Set(request, left);
            next = command.ToLine(request, from: older);
        }

        limit?.Set(request, whole);
        while (pages.TryPop(out byte[]? page))
            yield return await AskAsync(page, cancellation).ConfigureAwait(false);
    }
}
