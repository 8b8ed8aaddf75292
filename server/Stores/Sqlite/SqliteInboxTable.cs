using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Store.Sqlite;

namespace QuicProChat.Mesh.Server.Stores.Sqlite;

/// <summary>
/// Which inboxes there are, what number comes next in each, and how full they are; remembered on the writer's thread.
/// </summary>
internal sealed class SqliteInboxTable(Database database)
{
    // Arbitrary; an entry has some 300 bytes and one for each sender. The rest is read again.
    private const int MaxRemembered = 8192;

    private readonly Statement _account = database.Prepare("SELECT 1 FROM account WHERE identity = ?");
    private readonly Statement _channel = database.Prepare("SELECT first, second FROM channel WHERE id = ?");
    private readonly Statement _inbox =
        database.Prepare("SELECT id, next FROM inbox WHERE recipient = ? AND channel = ?");
    private readonly Statement _make =
        database.Prepare("INSERT INTO inbox (recipient, channel, next) VALUES (?, ?, 1) RETURNING id");
    private readonly Statement _next = database.Prepare("UPDATE inbox SET next = ? WHERE id = ?");
    private readonly Statement _shares = database.Prepare("""
        SELECT sender, count(*), sum(length(payload)) FROM message WHERE inbox = ? AND live = 1 GROUP BY sender
        """);

    private readonly Dictionary<InboxId, InboxState> _inboxes = [];
    private readonly HashSet<InboxState> _changed = [];

    /// <summary>Rows that the last statement changed.</summary>
    internal int Changes => database.Changes;

    /// <summary>Finds or begins an inbox for a message of somebody.</summary>
    /// <returns><see cref="EnqueueResult.Stored"/> if it may be stored there.</returns>
    internal EnqueueResult Find(InboxId id, IdentityKey sender, out InboxState? inbox)
    {
        if (!_inboxes.TryGetValue(id, out inbox))
        {
            EnqueueResult made = Load(id, out inbox);
            if (made != EnqueueResult.Stored)
                return made;
            _inboxes[id] = inbox!;
        }

        if (inbox!.StaleShares)
            LoadShares(inbox);
        return inbox.Peer is not { } peer || sender == peer || sender == id.Recipient ? EnqueueResult.Stored
            : EnqueueResult.Forbidden;
    }

    /// <summary>Finds an inbox that has had messages.</summary>
    internal bool TryFind(InboxId id, [NotNullWhen(true)] out InboxState? inbox)
    {
        if (!_inboxes.TryGetValue(id, out inbox) && Load(id, out inbox) == EnqueueResult.Stored)
            _inboxes[id] = inbox!;
        if (inbox is { Row: 0 })
            inbox = null;
        return inbox is not null;
    }

    /// <summary>The next number of an inbox, which has its row from now on.</summary>
    internal long TakeNumber(InboxState inbox)
    {
        if (inbox.Row == 0)
        {
            _make.Bind(1, inbox.Id.Recipient.ToArray()).Bind(2, inbox.Id.Channel.ToArray());
            _ = _make.Step();
            inbox.Row = _make.Long(0);
            _make.Reset();
        }

        _changed.Add(inbox);
        return inbox.Next++;
    }

    /// <summary>Writes down what comes next, once a transaction.</summary>
    internal void WriteNumbers()
    {
        foreach (InboxState inbox in _changed)
            _next.Bind(1, inbox.Next).Bind(2, inbox.Row).Run();
        _changed.Clear();
        // Only here, where all numbers are written: an inbox that is forgotten in the middle would give one twice.
        if (_inboxes.Count > MaxRemembered)
            _inboxes.Clear();
    }

    /// <summary>Forgets all: a transaction came to nothing, or an account is gone.</summary>
    internal void Forget()
    {
        _inboxes.Clear();
        _changed.Clear();
    }

    /// <summary>Counts all inboxes again, when they are used.</summary>
    internal void Recount()
    {
        foreach (InboxState inbox in _inboxes.Values)
            inbox.Recount();
    }

    private EnqueueResult Load(InboxId id, out InboxState? inbox)
    {
        inbox = null;
        byte[] recipient = id.Recipient.ToArray(), channel = id.Channel.ToArray();
        if (!Exists(_account.Bind(1, recipient)))
            return EnqueueResult.NoRecipient;
        IdentityKey? peer = null;
        if (!id.Channel.IsNone && !TryFindPeer(id, channel, out peer))
            return EnqueueResult.Forbidden;
        inbox = new InboxState(id, peer);
        _inbox.Bind(1, recipient).Bind(2, channel);
        if (_inbox.Step())
        {
            (inbox.Row, inbox.Next) = (_inbox.Long(0), _inbox.Long(1));
            _inbox.Reset();
        }

        return EnqueueResult.Stored;
    }

    private bool TryFindPeer(InboxId id, byte[] channel, out IdentityKey? peer)
    {
        peer = null;
        _channel.Bind(1, channel);
        if (!_channel.Step())
            return false;
        _ = IdentityKey.TryRead(_channel.Blob(0, IdentityKey.Size), out IdentityKey first);
        _ = IdentityKey.TryRead(_channel.Blob(1, IdentityKey.Size), out IdentityKey second);
        _channel.Reset();
        peer = id.Recipient == first ? second : id.Recipient == second ? first : null;
        return peer is not null;
    }

    private void LoadShares(InboxState inbox)
    {
        inbox.Shares.Clear();
        (inbox.Messages, inbox.Bytes, inbox.StaleShares) = (0, 0, false);
        if (inbox.Row == 0)
            return;
        _shares.Bind(1, inbox.Row);
        while (_shares.Step())
        {
            _ = IdentityKey.TryRead(_shares.Blob(0, IdentityKey.Size), out IdentityKey sender);
            inbox.Count(sender, (int)_shares.Long(1), _shares.Long(2));
        }
    }

    private static bool Exists(Statement statement)
    {
        bool exists = statement.Step();
        statement.Reset();
        return exists;
    }
}
