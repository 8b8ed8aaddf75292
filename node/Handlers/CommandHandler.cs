using System.Diagnostics;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>
/// What a command answers: a result, and where it goes on if it is a list that is longer than a reply.
/// </summary>
internal readonly record struct Answer<T>(T Result, string? More);

/// <summary>What the node does for a command.</summary>
internal abstract class CommandHandler(CommandSpec command)
{
    /// <summary>The command.</summary>
    internal CommandSpec Command { get; } = command;

    /// <summary>Does it; the result is the reply's line.</summary>
    internal abstract Task<ReadOnlyMemory<byte>> RunAsync(
        MeshNode node, Request request, CancellationToken cancellation);

    /// <summary>A command that is done at once, on the session's thread.</summary>
    internal static CommandHandler For<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, Func<MeshNode, TRequest, TResult> run)
        where TRequest : class, new() =>
        new Of<TRequest, TResult>(
            command, (node, request, _) => Task.FromResult(new Answer<TResult>(run(node, request), null)));

    /// <summary>A command that takes its time.</summary>
    internal static CommandHandler For<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, Func<MeshNode, TRequest, Task<TResult>> run)
        where TRequest : class, new() =>
        new Of<TRequest, TResult>(
            command,
            async (node, request, _) => new Answer<TResult>(await run(node, request).ConfigureAwait(false), null));

    /// <summary>A command that can be broken off.</summary>
    internal static CommandHandler For<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, Func<MeshNode, TRequest, CancellationToken, Task<TResult>> run)
        where TRequest : class, new() =>
        new Of<TRequest, TResult>(
            command,
            async (node, request, cancellation) =>
                new Answer<TResult>(await run(node, request, cancellation).ConfigureAwait(false), null));

    /// <summary>A command whose result may go on in another reply.</summary>
    internal static CommandHandler ForPages<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, Func<MeshNode, TRequest, Task<Answer<TResult>>> run)
        where TRequest : class, new() =>
        new Of<TRequest, TResult>(command, (node, request, _) => run(node, request));

    /// <summary>A command that sessions do themselves: <c>send</c> and <c>events</c>.</summary>
    internal static CommandHandler OfSessions(CommandSpec command) => new Elsewhere(command);

    private sealed class Of<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, Func<MeshNode, TRequest, CancellationToken, Task<Answer<TResult>>> run)
        : CommandHandler(command)
        where TRequest : class, new()
    {
        internal override async Task<ReadOnlyMemory<byte>> RunAsync(
            MeshNode node, Request request, CancellationToken cancellation)
        {
            Answer<TResult> answer =
                await run(node, (TRequest)request.Arguments, cancellation).ConfigureAwait(false);
            return ReplyWriter.Done(request.Tag, answer.Result, command.Result, answer.More);
        }
    }

    private sealed class Elsewhere(CommandSpec command) : CommandHandler(command)
    {
        internal override Task<ReadOnlyMemory<byte>> RunAsync(
            MeshNode node, Request request, CancellationToken cancellation) =>
            throw new UnreachableException($"{request.Command.Name} is done by its session");
    }
}
