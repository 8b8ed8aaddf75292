using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>What the commands of the control socket do.</summary>
internal sealed class NodeControl(MeshNode node) : IControlTarget
{
    private const int MostMessages = 10_000;

    /// <inheritdoc/>
    public async ValueTask SendAsync(IReadOnlyList<ControlRequest> requests, ControlSession session)
    {
        var texts = new List<(SendRequest, ICaller)>(requests.Count);
        foreach (ControlRequest request in requests)
        {
            try
            {
                texts.Add((SendArguments.Read(request, node.Configuration.Lifetime), new SendCaller(session, request.Tag, node.Answered)));
            }
            catch (ControlException e)
            {
                session.Reply(ControlReply.Failed(request.Tag, e.Code, e.Message).Span);
            }
        }

        await node.Conversations.SendAsync(texts).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> ExecuteAsync(ControlRequest request, CancellationToken cancellation)
    {
        try
        {
            return await AnswerAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (MessagingException e)
        {
            throw Refusals.ToControl(e);
        }
        catch (StoreException e)
        {
            node.Store.Damage.Note("a row that was asked for", e.Message);
            throw new ControlException(ControlErrorCode.Refused, e.Message);
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(ControlRequest request, CancellationToken cancellation)
    {
        node.Faults.At(FaultPlace.Command);
        switch (request.Command)
        {
            case ControlCommands.Status:
                return Reply(request, await node.AskAsync(node.Status).ConfigureAwait(false), ControlJson.Default.StatusInfo);
            case ControlCommands.Identity:
                return Reply(request, Identity(), ControlJson.Default.IdentityInfo);
            case ControlCommands.Peers:
                return List(request, await node.AskAsync(node.Peers).ConfigureAwait(false), static p => $"{p.Address} {p.Uri}", ControlJson.Default.PeerInfo, ControlJson.Default.IReadOnlyListPeerInfo);
            case ControlCommands.Routes:
                return List(request, await node.AskAsync(_ => node.Routes(request.From)).ConfigureAwait(false), static r => r.Destination, ControlJson.Default.PathInfo, ControlJson.Default.IReadOnlyListPathInfo);
            case ControlCommands.Queue:
                return Queue(request, await node.AskAsync(node.Queue).ConfigureAwait(false));
            case ControlCommands.Radio:
                return Reply(request, await node.RadiosAsync(cancellation).ConfigureAwait(false), ControlJson.Default.IReadOnlyListRadioInfo);
            case ControlCommands.Metrics:
                return Reply(request, new MetricsInfo(await node.MetricsAsync(cancellation).ConfigureAwait(false)), ControlJson.Default.MetricsInfo);
            case ControlCommands.Messages:
                return await MessagesAsync(request).ConfigureAwait(false);
            case ControlCommands.Message:
                return Reply(request, await MessageAsync(request).ConfigureAwait(false), ControlJson.Default.MessageInfo);
            case ControlCommands.Alias:
                return await AliasAsync(request).ConfigureAwait(false);
            case ControlCommands.Connect:
                return Done(request, Connect(Peer(request.Uri)));
            case ControlCommands.Disconnect:
                return Done(request, Disconnect(request));
            case ControlCommands.Announce:
                return Done(request, await node.AskAsync(node.Reannounce).ConfigureAwait(false));
            case ControlCommands.LogLevel:
                return Done(request, SetLevel(request));
            case ControlCommands.Shutdown:
                node.RequestStop();
                return Done(request, "stopping");
            default:
                if ((await LiteControl.TryExecuteAsync(node.Lite, request).ConfigureAwait(false)
                        ?? await RequestControl.TryExecuteAsync(node, request).ConfigureAwait(false)) is { } done)
                    return done;
                throw new ControlException(ControlErrorCode.Usage, $"there is no command '{request.Command}'; there are {ControlCommands.Names}, {ControlCommands.LiteNames}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask AnswerWaitingAsync() => await node.AskAsync(_ =>
    {
        node.Conversations.AnswerWaiting();
        return true;
    }).ConfigureAwait(false);

    /// <inheritdoc/>
    public void CommandFailed(string command, Exception failure) => node.Faults.Count(FaultSeam.Command);

    private static ReadOnlyMemory<byte> Reply<T>(ControlRequest request, T result, JsonTypeInfo<T> type) =>
        ControlReply.Done(request.Tag, result, type);

    /// <summary>As much of a list as a reply takes, in the order of what its items are called.</summary>
    private static ReadOnlyMemory<byte> List<T>(
        ControlRequest request, IEnumerable<T> items, Func<T, string> cursor, JsonTypeInfo<T> type, JsonTypeInfo<IReadOnlyList<T>> listType)
    {
        Page<T> page = Page<T>.Of(Behind(request.From, items, cursor), cursor, type);
        return ControlReply.Done(request.Tag, page.Items, listType, page.More);
    }

    private static ReadOnlyMemory<byte> Queue(ControlRequest request, QueueInfo queue)
    {
        Page<HeldInfo> page = Page<HeldInfo>.Of(
            Behind(request.From, queue.Held, static h => h.Destination), static h => h.Destination, ControlJson.Default.HeldInfo);
        return ControlReply.Done(request.Tag, queue with { Held = page.Items }, ControlJson.Default.QueueInfo, page.More);
    }

    private static IEnumerable<T> Behind<T>(string? from, IEnumerable<T> items, Func<T, string> cursor) =>
        items.Where(i => from is null || string.CompareOrdinal(cursor(i), from) > 0).OrderBy(cursor, StringComparer.Ordinal);

    private static ReadOnlyMemory<byte> Done(ControlRequest request, string done) =>
        Reply(request, new DoneInfo(done), ControlJson.Default.DoneInfo);

    private static ControlException Usage(string message) => new(ControlErrorCode.Usage, message);

    private static PeerUris Peer(string? text) =>
        PeerUris.TryParse(text ?? throw Usage("connect needs \"uri\""), out PeerUris? peer, out string? error) ? peer : throw Usage(error);

    private IdentityInfo Identity() => new(
        node.Identity.Address.ToString(), node.Identity.Address.ToHex(),
        Convert.ToHexStringLower(node.Identity.PublicKey.Span), node.Configuration.Name);

    /// <summary>The newest first come, as many as a reply takes; in it they stand oldest first.</summary>
    private async Task<ReadOnlyMemory<byte>> MessagesAsync(ControlRequest request)
    {
        int limit = request.Limit ?? ControlRequest.UsualMessages;
        if (limit is < 1 or > MostMessages)
            throw Usage($"\"limit\" is a number from 1 to {MostMessages}");
        // A group's name goes first; the same name may stand for an address too.
        ConversationId? group = request.With is { } named ? node.Conversations.Find(named) : null;
        NodeAddress? with = request.With is { } peer && group is null ? node.Book.Resolve(peer) : null;
        await node.SettleAsync().ConfigureAwait(false);
        int most = request.From is null ? limit : MostMessages;
        IReadOnlyList<StoredMessage> found = group is { } id ? node.Store.Reader.FindMessages(id, most) : node.Store.Reader.FindMessages(with, most);
        IEnumerable<MessageInfo> newest = found.Reverse().Select(View);
        if (request.From is { } from)
            newest = newest.SkipWhile(m => m.Id != from).Skip(1).Take(limit);
        Page<MessageInfo> page = Page<MessageInfo>.Of(newest, static m => m.Id, ControlJson.Default.MessageInfo);
        return ControlReply.Done(request.Tag, [.. page.Items.Reverse()], ControlJson.Default.IReadOnlyListMessageInfo, page.More);
    }

    private async Task<MessageInfo> MessageAsync(ControlRequest request)
    {
        EnvelopeId id = IdOf(request);
        await node.SettleAsync().ConfigureAwait(false);
        StoredMessage stored = node.Store.Reader.FindMessage(id)
            ?? throw new ControlException(ControlErrorCode.Refused, $"there is no message {id}");
        return View(stored);
    }

    /// <summary>The message that a request names.</summary>
    /// <exception cref="ControlException">It names none.</exception>
    internal static EnvelopeId IdOf(ControlRequest request)
    {
        byte[] bytes = new byte[EnvelopeId.Size];
        return request.Id is { Length: EnvelopeId.Size * 2 } text
            && Convert.FromHexString(text, bytes, out _, out int written) == System.Buffers.OperationStatus.Done && written == bytes.Length
            ? EnvelopeId.Read(bytes) : throw Usage($"{request.Command} needs \"id\": 32 hexadecimal digits");
    }

    private MessageInfo View(StoredMessage message) => node.Views.Of(MessageRows.Read(message));

    private async ValueTask<ReadOnlyMemory<byte>> AliasAsync(ControlRequest request)
    {
        if (request.Alias is not { } alias)
            return List(request, node.Book.List().Select(a => new AliasInfo(a.Key, a.Value.ToString())), static a => a.Alias, ControlJson.Default.AliasInfo, ControlJson.Default.IReadOnlyListAliasInfo);
        AddressBook.Check(alias);
        if (request.Remove)
        {
            await node.WriteAsync(store => _ = store.DeleteAlias(alias)).ConfigureAwait(false);
            node.Book.Remove(alias);
            return Done(request, $"{alias} is forgotten");
        }

        if (request.To is not { } text)
        {
            NodeAddress known = node.Book.Resolve(alias);
            return Reply(request, [new AliasInfo(alias, known.ToString())], ControlJson.Default.IReadOnlyListAliasInfo);
        }

        if (!NodeAddress.TryParse(text, out NodeAddress address, out string? error))
            throw Usage(error);
        await node.WriteAsync(store => store.PutAlias(alias, address)).ConfigureAwait(false);
        node.Book.Set(alias, address);
        return Done(request, $"{alias} is {address}");
    }

    private string Connect(PeerUris peer) =>
        node.WhyUnavailable(peer) is { } reason ? throw new ControlException(ControlErrorCode.Refused, $"{peer} cannot be dialled: {reason}")
        : node.Connect(peer) ? $"dialling {peer}" : throw new ControlException(ControlErrorCode.Refused, $"{peer} is dialled already");

    private string Disconnect(ControlRequest request)
    {
        string text = request.To ?? throw Usage("disconnect needs \"to\": an address, alias or URI");
        bool done = text.Contains(':', StringComparison.Ordinal) ? node.Disconnect(Peer(text)) : node.Disconnect(node.Book.Resolve(text));
        return done ? $"{text} is dialled no more, its link ends" : throw new ControlException(ControlErrorCode.Refused, $"there is no link to {text}");
    }

    private string SetLevel(ControlRequest request)
    {
        if (request.Level is not { } text || !Settings.TryParse(text, out LogLevel level))
            throw Usage($"log-level needs \"level\": {Settings.LevelNames}");
        node.SetLevel(level);
        return $"logging {text}";
    }
}
