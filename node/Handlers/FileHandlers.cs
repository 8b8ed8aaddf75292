using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Files;
using QuicProChat.Mesh.Node.Hosting;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about files.</summary>
internal static class FileHandlers
{
    private const int MaxListed = 1000;

    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.FileBegin, BeginAsync),
        CommandHandler.For(Commands.FileData, DataAsync),
        CommandHandler.For(Commands.FileOffer, OfferAsync),
        CommandHandler.For(Commands.FileList, ListAsync),
        CommandHandler.For(Commands.FileShow, ShowAsync),
        CommandHandler.For(Commands.FileAccept, AcceptAsync),
        CommandHandler.For(Commands.FileCancel, CancelAsync),
        CommandHandler.For(Commands.FileRead, ReadAsync),
    ];

    private static async Task<FileBeginInfo> BeginAsync(MeshNode node, FileBeginRequest request)
    {
        if (request.Name is not { Length: > 0 } name || request.Size is not { } size || size < 0)
            throw ControlException.Usage("file-begin needs \"name\" and \"size\": bytes of the file");
        byte[] thumbnail = request.Thumbnail is { } given ? Bytes("thumbnail", given) : [];
        if (thumbnail.Length > 0 && Thumbnails.WhyNot(thumbnail) is { } fault)
            throw ControlException.Refused(fault);
        BlobId id = node.Uploads.Draw();
        if (await node.AskAsync(_ => node.Files.Reserve(id, size)).ConfigureAwait(false) is { } why)
            throw ControlException.Refused(why);
        try
        {
            node.Uploads.Begin(id, FileNames.Clean(name), size, thumbnail);
        }
        catch (ControlException)
        {
            await GiveUpAsync(node, id).ConfigureAwait(false);
            throw;
        }

        return new FileBeginInfo(id.ToString());
    }

    private static Task<FileDataInfo> DataAsync(MeshNode node, FileDataRequest request)
    {
        BlobId id = Upload(Commands.FileData, request.Upload);
        byte[] data = Bytes("data", request.Data
            ?? throw ControlException.Usage("file-data needs \"data\": bytes in base64"));
        // Sealed here, on the session's thread.
        return Task.FromResult(new FileDataInfo(node.Uploads.Add(id, data)));
    }

    private static async Task<FileTransferInfo> OfferAsync(MeshNode node, FileOfferRequest request)
    {
        BlobId id = Upload(Commands.FileOffer, request.Upload);
        if (request.To is { Length: > 0 } to && node.Destinations.IsUserOfServer(to))
            await node.Servers.OpenAsync(to).ConfigureAwait(false);
        ConversationId conversation = ContentHandlers.To(node, Commands.FileOffer, request.To);
        if (conversation.Kind == EnvelopeKind.Channel)
            throw ControlException.Refused(
                "a channel takes no files: who reads it is not known, and so not who may have the file");
        long size = node.Uploads.SizeOf(id);
        if (conversation.Kind == EnvelopeKind.Server && size > ServerFiles.MaxSize)
            throw ControlException.Refused(
                $"a file on a server may have {ServerFiles.MaxSize} bytes, and this one has {size}");
        if (await node.AskAsync(_ => IsOverServersOnly(node, conversation, null)).ConfigureAwait(false))
            throw ControlException.Refused(
                "all others of this group are reached over a server by now, and its files go over the mesh only: send "
                    + "it to them as USER@SERVER");
        if (!request.OverRadio)
            await CheckWaysAsync(node, conversation, size).ConfigureAwait(false);
        FileOfferContent offer = node.Uploads.Finish(id);
        await node.AskAsync(_ => Expected(node, offer, id, request.OverRadio)).ConfigureAwait(false);
        try
        {
            SendInfo sent = await SentResult.SendAsync(
                node, MessageActions.Request(conversation, offer, ContentHandlers.Options(node))).ConfigureAwait(false);
            return await InfoAsync(node, MessageIds.Find(node, Commands.FileOffer, sent.Id)).ConfigureAwait(false);
        }
        finally
        {
            // Nothing is left of it if it was not sent.
            await GiveUpAsync(node, id).ConfigureAwait(false);
        }
    }

    /// <summary>Tells whether nobody else of a group of the mesh, or one member, is reached over the mesh.</summary>
    private static bool IsOverServersOnly(MeshNode node, ConversationId conversation, NodeAddress? member) =>
        node.Groups.Describe(conversation) is GroupConversation group
        && group.Members.Where(m => !m.IsSelf && (member is null || m.Address == member)).ToArray()
            is { Length: > 0 } others
        && others.All(static m => m.Server is not null || m.CarriedBy is not null);

    private static bool Expected(MeshNode node, FileOfferContent offer, BlobId id, bool overRadio)
    {
        node.Files.Expect(offer, id, overRadio);
        return true;
    }

    private static async Task CheckWaysAsync(MeshNode node, ConversationId conversation, long size)
    {
        IReadOnlyList<(NodeAddress Peer, TimeSpan Estimate)> slow =
            await node.AskAsync(now => node.Files.SlowWays(now, conversation, size)).ConfigureAwait(false);
        if (slow.Count == 0)
            return;
        (NodeAddress peer, TimeSpan estimate) = slow.MaxBy(static s => s.Estimate);
        throw ControlException.Refused(
            $"the way to {node.Book.AliasOf(peer) ?? peer.ToString()} crosses a radio, or is as slow: "
                + $"{Sizes.Of(size)} take about "
            + $"{Sizes.Of(estimate)}, and others wait meanwhile. Nothing was sent; --over-radio sends it all the same");
    }

    private static async Task<IReadOnlyList<FileTransferInfo>> ListAsync(MeshNode node, FileListRequest request)
    {
        int limit = request.Limit ?? FileListRequest.UsualLimit;
        if (limit is < 1 or > MaxListed)
            throw ControlException.Usage($"\"limit\" is a number from 1 to {MaxListed}");
        ConversationId? conversation = request.In is { } named ? node.Destinations.Resolve(named) : null;
        await node.SettleAsync().ConfigureAwait(false);
        // It decrypts what it looks at, on a thread of its own, like search.
        IReadOnlyList<StoredMessage> found = await Task.Run(() => node.Store.Reader.Search(
            conversation, static m => !m.Content.IsEmpty && MessageRows.Read(m).Content.Plain is FileOfferContent,
            limit)).ConfigureAwait(false);
        Message[] messages = [.. found.Select(MessageRows.Read)];
        return await node.AskAsync<IReadOnlyList<FileTransferInfo>>(
            _ => [.. messages.Select(m => View(node, m)).Reverse()]).ConfigureAwait(false);
    }

    private static async Task<FileTransferInfo> AcceptAsync(MeshNode node, FileAcceptRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.FileAccept, request.Id);
        Message message = await MessageAsync(node, id).ConfigureAwait(false);
        // On a server another device of this account may have offered it.
        if ((message.Outgoing && message.Conversation.Kind != EnvelopeKind.Server)
            || message.Content.Plain is not FileOfferContent offer)
            throw ControlException.Refused($"{id} is no file that somebody else offers");
        if (message.IsRequest)
            throw ControlException.Refused($"its sender is not known to you: 'accept {message.Peer}' first");
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await node.AskAsync(now =>
        {
            if (IsOverServersOnly(node, message.Conversation, message.Peer))
            {
                done.SetResult(
                    "whoever offers it is reached over a server by now, and files of a group of the mesh do not go "
                    + "that way: ask to have it sent as USER@SERVER");
            }
            else if (!request.OverRadio && SlowOnly(node, now, message) is { } slow)
            {
                done.SetResult("the way to whoever has it crosses a radio, or is as slow: "
                    + $"{Sizes.Of((long)offer.FileSize)} take about "
                    + $"{Sizes.Of(slow)}, and others wait meanwhile; --over-radio fetches it all the same");
            }
            else
                node.Files.Accept(message, offer, request.OverRadio, parts: 1, why => done.TrySetResult(why));
            return true;
        }).ConfigureAwait(false);
        if (await done.Task.ConfigureAwait(false) is { } refused)
            throw ControlException.Refused(refused);
        return await InfoAsync(node, id).ConfigureAwait(false);
    }

    /// <summary>
    /// How long it takes where all members in reach are behind radios; null where one is not, or none is there.
    /// </summary>
    private static TimeSpan? SlowOnly(MeshNode node, Routing.Instant now, Message message)
    {
        var offer = (FileOfferContent)message.Content.Plain;
        IReadOnlyList<(NodeAddress Peer, TimeSpan Estimate)> slow =
            node.Files.SlowWays(
                now, message.Conversation, (long)Math.Min(offer.FileSize, (ulong)FileFormat.MaxFileSize));
        return slow.Count > 0 && slow.Count == node.Files.InReach(now, message.Conversation)
            ? slow.Min(static s => s.Estimate) : null;
    }

    private static async Task<DoneInfo> CancelAsync(MeshNode node, FileCancelRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.FileCancel, request.Id);
        if (!await node.AskAsync(_ => node.Files.Cancel(id)).ConfigureAwait(false))
            throw ControlException.Refused($"nothing of a file of message {id} is here");
        await node.SettleAsync().ConfigureAwait(false);
        return new DoneInfo($"the bytes of file {id} are deleted here; others may have it");
    }

    private static async Task<FileReadInfo> ReadAsync(MeshNode node, FileReadRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.FileRead, request.Id);
        if (request.Offset is < 0)
            throw ControlException.Usage("\"offset\" is a number of bytes from 0 on");
        long offset = request.Offset ?? 0;
        FileEntry file = await node.AskAsync(_ => node.Files.Transfers.Find(id)).ConfigureAwait(false)
            ?? throw ControlException.Refused(
                $"nothing of a file of message {id} is here; 'file accept {id}' fetches it");
        if (!file.IsHere)
            throw ControlException.Refused($"{file.Received} of {file.Size} bytes are here; it is not whole yet");
        string name = FileNames.Clean(file.Name);
        if (offset >= file.Size)
            return new FileReadInfo(name, file.Size, file.Size, "");
        byte[] data = ArrayPool<byte>.Shared.Rent(FileFormat.DataSize);
        var plain = new FilePlain(file, node.Files.Blobs);
        try
        {
            int chunk = 1 + (int)(offset / FileFormat.DataSize), skip = (int)(offset % FileFormat.DataSize);
            int read = plain.Read(chunk, data.AsSpan(0, FileFormat.DataSize));
            if (read >= 0)
            {
                return new FileReadInfo(name, file.Size, offset, Convert.ToBase64String(data, skip, read - skip))
                {
                    MediaType = offset == 0 ? MediaTypes.Of(data.AsSpan(0, read)) : null,
                };
            }
        }
        catch (IOException e)
        {
            throw ControlException.Refused($"the disk does not give the file back: {FaultText.Of(e)}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(data);
            ArrayPool<byte>.Shared.Return(data);
        }

        await node.AskAsync(now => DamagedAt(node, now, file, plain.Damaged)).ConfigureAwait(false);
        throw ControlException.Refused(file.IsOwn
            ? "its bytes on this node's disk are damaged; send the file again"
            : "its bytes on this node's disk are damaged; they are fetched again");
    }

    private static bool DamagedAt(MeshNode node, Routing.Instant now, FileEntry file, int chunk)
    {
        // It may have been deleted meanwhile, and its keys with it.
        if (node.Files.Transfers.Find(file.Message) == file)
            node.Files.Transfers.Damaged(now, file, chunk);
        return true;
    }

    private static async Task<FileTransferInfo> InfoAsync(MeshNode node, EnvelopeId id)
    {
        Message message = await MessageAsync(node, id).ConfigureAwait(false);
        return await node.AskAsync(_ => View(node, message)).ConfigureAwait(false);
    }

    private static async Task<Message> MessageAsync(MeshNode node, EnvelopeId id)
    {
        await node.SettleAsync().ConfigureAwait(false);
        return node.Store.Reader.FindMessage(id) is { } stored
            ? MessageRows.Read(stored) : throw ControlException.Refused($"there is no message {id}");
    }

    private static async Task<FileTransferInfo> ShowAsync(MeshNode node, FileShowRequest request)
    {
        EnvelopeId id = MessageIds.Find(node, Commands.FileShow, request.Id);
        Message message = await MessageAsync(node, id).ConfigureAwait(false);
        if (message.Content.Plain is not FileOfferContent offer)
            throw ControlException.Refused($"{id} offers no file");
        FileTransferInfo file = await node.AskAsync(_ => View(node, message)).ConfigureAwait(false);
        // Whoever offered it may have put anything there.
        bool isPicture = !offer.Thumbnail.IsEmpty && Thumbnails.WhyNot(offer.Thumbnail.Span) is null;
        return file with { Thumbnail = isPicture ? Convert.ToBase64String(offer.Thumbnail.Span) : null };
    }

    private static FileTransferInfo View(MeshNode node, Message message)
    {
        var offer = (FileOfferContent)message.Content.Plain;
        FileTransferInfo offered = FileViews.Of(node, message, offer);
        return node.Files.Transfers.Find(message.Id) is { } file
            ? FileViews.Of(node, file) with { MediaType = offered.MediaType } : offered;
    }

    private static Task GiveUpAsync(MeshNode node, BlobId id) => node.AskAsync(_ =>
    {
        node.Files.GiveUp(id);
        return true;
    });

    private static BlobId Upload(CommandSpec command, string? upload) =>
        upload is { Length: BlobId.Size * 2 }
        && UInt128.TryParse(upload, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 value)
            ? new BlobId(value)
            : throw ControlException.Usage($"{command.Name} needs \"upload\": what file-begin answered");

    private static byte[] Bytes(string key, string base64)
    {
        byte[] bytes = new byte[base64.Length / 4 * 3 + 3];
        return Convert.TryFromBase64String(base64, bytes, out int written)
            ? bytes[..written] : throw ControlException.Usage($"\"{key}\" is base64");
    }
}
