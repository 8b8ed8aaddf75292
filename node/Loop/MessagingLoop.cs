using System.Threading.Channels;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>The loop as messaging knows it.</summary>
internal sealed class MessagingLoop(NodeLoop loop) : IMessagingLoop
{
    /// <inheritdoc/>
    public async ValueTask PostAsync(Action<Instant> work, Action<Instant>? onFault = null)
    {
        try
        {
            await loop.PostAsync(new Work(work, onFault)).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new OperationCanceledException("The node stops.", e);
        }
    }

    /// <inheritdoc/>
    public async Task<T> AskAsync<T>(Func<Instant, T> question)
    {
        try
        {
            return await loop.AskAsync(question).ConfigureAwait(false);
        }
        catch (ChannelClosedException e)
        {
            throw new OperationCanceledException("The node stops.", e);
        }
    }

    /// <inheritdoc/>
    public void RunAside(Action work, Action<Instant> then) =>
        ThreadPool.UnsafeQueueUserWorkItem(new Aside(this, loop, work, then), preferLocal: false);

    /// <inheritdoc/>
    public void Reach(MessagingPlace place) => loop.Faults.At(place switch
    {
        MessagingPlace.Open => FaultPlace.Open,
        MessagingPlace.Rejected => FaultPlace.Rejected,
        MessagingPlace.Keep => FaultPlace.Keep,
        _ => throw new ArgumentOutOfRangeException(nameof(place)),
    });

    /// <inheritdoc/>
    public void Failed(Exception fault) => loop.Faults.Note(FaultSeam.Message, fault);

    private sealed class Work(Action<Instant> work, Action<Instant>? onFault) : ILoopWork
    {
        public void Run(Instant now) => work(now);

        public void Failed(Instant now, Exception fault) => onFault?.Invoke(now);
    }

    /// <summary>Works on a thread of the pool, then comes back to the loop.</summary>
    private sealed class Aside(MessagingLoop owner, NodeLoop loop, Action work, Action<Instant> then)
        : IThreadPoolWorkItem, ILoopWork
    {
        public void Execute()
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                // Nobody catches what a thread throws: it would end the process.
                owner.Failed(e);
            }

            loop.Post(this);
        }

        public void Run(Instant now) => then(now);

        // It is what makes the next job possible: a fault before it must not keep it away.
        public void Failed(Instant now, Exception fault) => then(now);
    }
}
