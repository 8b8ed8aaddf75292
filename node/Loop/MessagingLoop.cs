using System.Threading.Channels;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>The loop as messaging knows it.</summary>
internal sealed class MessagingLoop(NodeLoop loop) : IMessagingLoop
{
    /// <inheritdoc/>
    public async ValueTask PostAsync(Action<Instant> work)
    {
        try
        {
            await loop.PostAsync(new Work(work)).ConfigureAwait(false);
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
        ThreadPool.UnsafeQueueUserWorkItem(new Aside(loop, work, then), preferLocal: false);

    /// <inheritdoc/>
    public void Reach(string place) => loop.Faults.Probe?.Invoke(place);

    /// <inheritdoc/>
    public void Failed(Exception fault) => loop.Faults.Note(FaultSeam.Message, fault);

    private sealed class Work(Action<Instant> work) : ILoopWork
    {
        public void Run(Instant now) => work(now);
    }

    /// <summary>Works on a thread of the pool, then comes back to the loop.</summary>
    private sealed class Aside(NodeLoop loop, Action work, Action<Instant> then) : IThreadPoolWorkItem, ILoopWork
    {
        public void Execute()
        {
            work();
            _ = loop.PostAsync(this).AsTask();
        }

        public void Run(Instant now) => then(now);
    }
}
