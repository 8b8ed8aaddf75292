using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Messages and requests: what may stand between Begin and Commit, like the rest.
public sealed partial class MeshStore
{
    private readonly MessageStatements _messages;

    /// <summary>What a node is to the owner, also within the transaction that changes it.</summary>
    public Standing StandingOf(in NodeAddress peer) => _standings.Of(peer);

    /// <summary>
    /// Adds a message. One from a stranger becomes a request, if there is room among these; what this node writes to
    /// somebody makes that somebody known.
    /// </summary>
    /// <exception cref="StoreException">The disk fails, or is full for what this node writes.</exception>
    public Inserted Insert(StoredMessage message)
    {
        Standing standing = StandingOf(message);
        if (standing == Standing.Blocked)
        {
            Drop(message.Id);
            return Inserted.NotKept;
        }

        if (MarkOf(message.Id) is { } mark)
            return mark == Erasure.Dropped ? Inserted.NotKept : Inserted.AlreadyThere;
        if (standing == Standing.Refused)
            return Inserted.NotKept;
        int most = Encoding.UTF8.GetMaxByteCount(message.Text.Length) + message.Content.Length;
        byte[] plain = ArrayPool<byte>.Shared.Rent(most);
        byte[] sealedText = ArrayPool<byte>.Shared.Rent(most + RowCipher.Overhead);
        try
        {
            int length = WriteContent(message, plain);
            Span<byte> text = sealedText.AsSpan(0, length + RowCipher.Overhead);
            byte[] extras = SealExtras(message);
            int size = text.Length + extras.Length;
            var key = MessageShares.Key.Of(message, standing == Standing.Stranger);
            if (!MakeRoom(message.Id, key, MessageShares.CostOf(size), out Inserted without))
                return without;
            if (message.Outgoing)
                _space.Take(size);
            else if (!_space.TryTake(size, key.IsRequest ? Claim.Others : Claim.Contacts))
                return Exists(message.Id) ? Inserted.AlreadyThere : Inserted.NoRoom;
            _cipher.Seal(AssociatedData.Text(stackalloc byte[AssociatedData.MaxSize], message),
                plain.AsSpan(0, length), text);
            CryptographicOperations.ZeroMemory(plain.AsSpan(0, length));
            return Insert(message, key, text, extras);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
            ArrayPool<byte>.Shared.Return(sealedText);
        }
    }

    /// <summary>
    /// Sets what is proven about a message; false if there is none with that id or its state is final already
    /// (delivered, expired, failed, received).
    /// </summary>
    public bool UpdateState(in EnvelopeId id, MessageState state, byte reason, int hops, DateTimeOffset at)
    {
        Bind(_messages.UpdateState, id, state, reason, hops, at).Run();
        if (_database.Changes == 1)
            return true;
        RunThoroughly(Bind(_messages.UpdateLongState, id, state, reason, hops, at));
        return _database.Changes == 1;
    }

    private static Statement Bind(
        Statement update, in EnvelopeId id, MessageState state, byte reason, int hops, DateTimeOffset at) => update
        .Bind(1, (long)state).Bind(2, reason).Bind(3, hops).Bind(4, at.ToUnixTimeMilliseconds()).Bind(5, id);

    /// <summary>Makes a node known; its requests become messages.</summary>
    /// <returns>How many requests it had.</returns>
    public int Accept(in NodeAddress peer)
    {
        // Who is blocked stays so, whatever the owner calls it or writes to it.
        if (_standings.Of(peer) is Standing.Known or Standing.Blocked)
            return 0;
        _messages.PutPeer.Bind(1, peer).Bind(2, (long)Standing.Known).Run();
        _standings.Set(peer, Standing.Known);
        var requests = new MessageShares.Key(peer, null, IsRequest: true);
        MessageShares.Share share = _shares.Of(requests);
        if (share.Count == 0)
            return 0;
        RunThoroughly(_messages.Adopt.Bind(1, peer));
        _shares.Add(requests, -share.Bytes, -share.Count);
        _shares.Add(requests with { IsRequest = false }, share.Bytes, share.Count);
        return share.Count;
    }

    /// <summary>
    /// Erases the requests of a node; what it sends from now on is not kept, until it is accepted, named or written to.
    /// Messages that are no requests stay. The latest 4,096 refusals are remembered.
    /// </summary>
    /// <returns>How many requests it had.</returns>
    public int Refuse(in NodeAddress peer)
    {
        if (_standings.Of(peer) == Standing.Blocked)
            return 0;
        _messages.PutPeer.Bind(1, peer).Bind(2, (long)Standing.Refused).Run();
        _messages.PruneRefused.Bind(1, MaxRefused).Run();
        _standings.Set(peer, Standing.Refused);
        return Erase(Victims(_messages.Requests.Bind(1, peer).Bind(2, -1)), Erasure.ByOwner);
    }

    /// <summary>
    /// Blocks a node: what it sends is kept in no conversation, then or later, and its requests are erased. Its
    /// messages stay.
    /// </summary>
    /// <returns>How many requests it had.</returns>
    public int Block(in NodeAddress peer)
    {
        _messages.PutPeer.Bind(1, peer).Bind(2, (long)Standing.Blocked).Run();
        _standings.Set(peer, Standing.Blocked);
        return Erase(Victims(_messages.Requests.Bind(1, peer).Bind(2, -1)), Erasure.ByOwner);
    }

    /// <summary>
    /// What a blocked node sent is not kept: its sender tries it again and again, and it shall not come when that node
    /// is heard again.
    /// </summary>
    public void Drop(in EnvelopeId id)
    {
        if (MarkOf(id) is not null || Exists(id))
            return;
        PutMark(id, _running.Seconds + (long)Limits.MaxLifetime.TotalSeconds, Erasure.Dropped);
        if (_erased % DroppedTogether == 0)
            PruneMarks(Erasure.Dropped);
    }

    /// <summary>As <see cref="StoreReader.IsDropped"/>, also within this transaction.</summary>
    public bool IsDropped(in EnvelopeId id) => MarkOf(id) == Erasure.Dropped;

    /// <summary>Makes a blocked node known again; false if it is not blocked.</summary>
    public bool Unblock(in NodeAddress peer)
    {
        if (_standings.Of(peer) != Standing.Blocked)
            return false;
        _messages.PutPeer.Bind(1, peer).Bind(2, (long)Standing.Known).Run();
        _standings.Set(peer, Standing.Known);
        return true;
    }

    /// <summary>Erases a message, so that nothing of it stays in the files; false if there is none.</summary>
    public bool DeleteMessage(in EnvelopeId id) =>
        Erase(Victims(_messages.ById.Bind(1, id)), Erasure.ByOwner) > 0;

    /// <summary>
    /// Erases the oldest messages of the conversation with a node, requests included; returns how many.
    /// </summary>
    public int DeleteMessages(in NodeAddress with, int limit) =>
        Erase(Victims(_messages.WithPeer.Bind(1, with).Bind(2, limit)), Erasure.ByOwner);

    /// <summary>Erases the oldest messages of a conversation with an id of its own; returns how many.</summary>
    public int DeleteMessages(ConversationId conversation, int limit)
    {
        Statement oldest = Named(_messages.InConversation, 2, conversation).Bind(1, (long)conversation.Kind)
            .Bind(3, limit);
        return Erase(Victims(oldest), Erasure.ByOwner);
    }

    // In a group a blocked member is as if it were not there, and everybody else is known.
    private Standing StandingOf(StoredMessage message)
    {
        if (message.Outgoing)
            return Standing.Known;
        Standing standing = _standings.Of(message.Peer);
        return message.Conversation is null || standing == Standing.Blocked ? standing : Standing.Known;
    }

    private static int WriteContent(StoredMessage message, Span<byte> plain)
    {
        if (message.Content.IsEmpty)
            return Encoding.UTF8.GetBytes(message.Text, plain);
        message.Content.Span.CopyTo(plain);
        return message.Content.Length;
    }

    private byte[] SealExtras(StoredMessage message)
    {
        if (message.Extras.IsEmpty)
            return [];
        byte[] sealedExtras = new byte[message.Extras.Length + RowCipher.Overhead];
        ReadOnlySpan<byte> bound = AssociatedData.Extras(stackalloc byte[AssociatedData.MaxSize], message);
        _cipher.Seal(bound, message.Extras.Span, sealedExtras);
        return sealedExtras;
    }

    private Inserted Insert(
        StoredMessage message, in MessageShares.Key key, ReadOnlySpan<byte> text, ReadOnlySpan<byte> extras)
    {
        long expires = EndOf(message);
        Statement insert = _messages.Insert
            .Bind(1, message.Id).Bind(2, message.Outgoing ? 1 : 0).Bind(3, message.Peer).Bind(4, text)
            .Bind(5, (long)message.State).Bind(6, message.Reason).Bind(7, message.Hops).Bind(8, (long)message.Priority)
            .Bind(9, message.CreatedAt.ToUnixTimeMilliseconds()).Bind(10, message.UpdatedAt.ToUnixTimeMilliseconds())
            .Bind(12, message.Protection).Bind(13, key.IsRequest ? 1 : 0)
            .Bind(15, message.IsLate ? 1 : 0).Bind(16, _running.Seconds)
            .Bind(17, (long)(message.Conversation?.Kind ?? EnvelopeKind.Sealed));
        if (extras.IsEmpty)
            insert.BindNull(18);
        else
            insert.Bind(18, extras);
        insert.Bind(19, message.Timer).Bind(20, expires).Bind(21, message.IsUnread ? 1 : 0);
        if (message.Place.IsEmpty)
            insert.BindNull(22);
        else
            insert.Bind(22, message.Place.Span);
        if (message.Envelope is { } envelope)
            insert.Bind(23, envelope);
        else
            insert.BindNull(23);
        if (message.SentAt is { } sent)
            insert.Bind(14, sent.ToUnixTimeMilliseconds());
        else
            insert.BindNull(14);
        if (message.Conversation is { } conversation)
            Named(insert, 11, conversation);
        else
            insert.BindNull(11);

        insert.Run();
        if (_database.Changes != 1)
            return Inserted.AlreadyThere;
        _shares.Add(key, MessageShares.CostOf(text.Length + extras.Length), 1);
        ExpiresAt(expires);
        if (message.Outgoing && message.Conversation is null)
            Accept(message.Peer);
        return key.IsRequest ? Inserted.AddedAsRequest : Inserted.Added;
    }

    private bool Exists(in EnvelopeId id)
    {
        Statement exists = _messages.Exists.Bind(1, id);
        bool found = exists.Step();
        exists.Reset();
        return found;
    }
}
