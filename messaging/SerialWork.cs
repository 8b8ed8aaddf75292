using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging;

/// <summary>Something that changes conversations of a kind, or asks them, within a transaction.</summary>
public interface IMessagingWork
{
    /// <summary>Runs on the loop, while no other transaction of this kind is under way.</summary>
    void Run(Instant now, MessageTransaction transaction);

    /// <summary><see cref="Run"/> threw: whoever waits for an answer must still get one.</summary>
    void Failed(Instant now, MessageTransaction transaction);
}

/// <summary>
/// The work of one kind with states, in order: one transaction at a time, so that a state which goes back takes nothing
/// with it that came later.
/// <code>
/// arrivals, sends, commands --> inbox --> one transaction at a time --> on disk --> envelopes, receipts, replies
///                                   ^        states change in memory        |
///                                   '------- not on disk: states go back ---'
/// </code>
/// </summary>
internal sealed class SerialWork(IConversationKind kind, IMessageStore store)
{
    /// <summary>Pieces of work in one transaction. Arbitrary.</summary>
    private const int MaxPerTransaction = 256;

    /// <summary>
    /// What is due and failed is still due: it is tried again after this, and not in a loop. Arbitrary.
    /// </summary>
    private static readonly TimeSpan TickPause = TimeSpan.FromSeconds(10);

    private readonly Queue<IMessagingWork> _inbox = [];
    private bool _underWay;

    /// <summary>What is due is not done before, because it failed.</summary>
    private Instant _tickAgain;

    internal bool IsDue(Instant now) => !_underWay && (_inbox.Count > 0 || TickDue <= now);

    internal Instant NextDue => _underWay ? Instant.Never : _inbox.Count > 0 ? default : TickDue;

    private Instant TickDue => kind.NextDue is var due && due < _tickAgain ? _tickAgain : due;

    internal void Add(IMessagingWork work) => _inbox.Enqueue(work);

    /// <summary>Begins the next transaction, unless one is under way or there is nothing to do.</summary>
    internal void Pump(Instant now)
    {
        if (!IsDue(now))
            return;
        var transaction = new MessageTransaction(kind);
        // First of all: what follows may throw.
        transaction.WhenOver(_ => _underWay = false);
        if (_tickAgain <= now)
            Tick(now, transaction);
        for (int i = 0; i < MaxPerTransaction && _inbox.TryDequeue(out IMessagingWork? work); i++)
            Run(now, work, transaction);
        _underWay = true;
        if (!transaction.HasWrites)
            transaction.Done(now, written: true);
        else if (TryFreeze(now, transaction))
            store.Commit(transaction);
        else
            transaction.Done(now, written: false);
    }

    // What cannot be made into bytes is as if the disk had not taken it: whoever waits is told, and the next has its
    // turn.
    private bool TryFreeze(Instant now, MessageTransaction transaction)
    {
        try
        {
            transaction.Freeze();
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _tickAgain = now + TickPause;
            kind.Faulted(e);
            return false;
        }
    }

    // What waits in the inbox does not wait for a fault in what is due.
    private void Tick(Instant now, MessageTransaction transaction)
    {
        try
        {
            kind.Tick(now, transaction);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _tickAgain = now + TickPause;
            kind.Faulted(e);
        }
    }

    /// <summary>
    /// The one place where a fault of this program over an envelope or a command is caught: it costs that envelope or
    /// command, and nothing else. <see cref="Tick"/> does the same for what is due.
    /// </summary>
    private void Run(Instant now, IMessagingWork work, MessageTransaction transaction)
    {
        try
        {
            work.Run(now, transaction);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            kind.Faulted(e);
            work.Failed(now, transaction);
        }
    }
}
