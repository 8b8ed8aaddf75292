using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about the node: what it holds, what it calls others, how it runs.</summary>
internal static class NodeHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.ForPages(Commands.Queue, QueueAsync),
        CommandHandler.For(Commands.Radio, (node, _, cancellation) => node.RadiosAsync(cancellation)),
        CommandHandler.ForPages(Commands.Alias, AliasAsync),
        CommandHandler.For(Commands.Announce, AnnounceAsync),
        CommandHandler.OfSessions(Commands.WatchEvents),
        CommandHandler.For(Commands.Metrics, MetricsAsync),
        CommandHandler.For(Commands.LogLevel, SetLevel),
        CommandHandler.For(Commands.Shutdown, Stop),
    ];

    private static async Task<Answer<QueueInfo>> QueueAsync(MeshNode node, QueueRequest request)
    {
        QueueInfo queue = await node.AskAsync(_ => node.Queue()).ConfigureAwait(false);
        Page<HeldInfo> page =
            Page<HeldInfo>.Behind(queue.Held, request.From, static h => h.Destination, ApiJson.Default.HeldInfo);
        return new(queue with { Held = page.Items }, page.More);
    }

    private static async Task<Answer<AliasResult>> AliasAsync(MeshNode node, AliasRequest request)
    {
        if (request.Alias is not { } alias)
        {
            Page<AliasInfo> page = Page<AliasInfo>.Behind(
                node.Book.List().Select(a => new AliasInfo(a.Key, a.Value.ToString())), request.From,
                static a => a.Alias, ApiJson.Default.AliasInfo);
            return new(new AliasResult(page.Items, null), page.More);
        }

        AddressBook.Check(alias);
        if (request.Remove)
        {
            if (!node.Book.TryFind(alias, out _))
                throw ControlException.Refused($"there is no alias '{alias}'");
            await node.WriteAsync(store => _ = store.DeleteAlias(alias)).ConfigureAwait(false);
            _ = node.Book.Remove(alias);
            return Done($"{alias} is forgotten");
        }

        if (request.To is not { } text)
            return new(new AliasResult([new AliasInfo(alias, node.Book.Resolve(alias).ToString())], null), null);
        if (!NodeAddress.TryParse(text, out NodeAddress address, out string? error))
            throw ControlException.Usage(error);
        await node.WriteAsync(store => store.PutAlias(alias, address)).ConfigureAwait(false);
        node.Book.Set(alias, address);
        return Done($"{alias} is {address}");

        static Answer<AliasResult> Done(string done) => new(new AliasResult(null, new DoneInfo(done)), null);
    }

    private static async Task<DoneInfo> AnnounceAsync(MeshNode node, NoArguments request) =>
        new(await node.AskAsync(node.Reannounce).ConfigureAwait(false));

    private static async Task<MetricsInfo> MetricsAsync(
        MeshNode node, NoArguments request, CancellationToken cancellation) =>
        new(await node.MetricsAsync(cancellation).ConfigureAwait(false));

    private static DoneInfo SetLevel(MeshNode node, LogLevelRequest request)
    {
        if (request.Level is not { } text || !Settings.TryParse(text, out LogLevel level))
            throw ControlException.Usage($"log-level needs \"level\": {Settings.LevelNames}");
        node.SetLevel(level);
        return new DoneInfo($"logging {text}");
    }

    private static DoneInfo Stop(MeshNode node, NoArguments request)
    {
        node.RequestStop();
        return new DoneInfo("stopping");
    }
}
