using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>
/// The one loop that owns the router and everything beside it. Links, sessions and timers queue events; the loop takes
/// all that wait, lets the router handle them, and then does once for all of them what is dear: commit, flush, re-arm.
/// <code>
///   links ----+                          +--> Receive, LinkUp, ... one by one
///   sessions -+--> bounded channel --> batch --> EndOfBatch --> commit --> flush links and sessions
///   timer ----+                          +--> again while something waits
/// </code>
/// While nothing is under way, an event is handled on the thread that brought it: a message crosses an idle node
/// without waking another thread.
/// </summary>
internal sealed class NodeLoop : ILinkEvents, IAsyncDisposable
{
    /// <summary>Events that may wait; whoever brings more waits itself, which pushes back on its link.</summary>
    private const int Capacity = 1024;

    /// <summary>Events handled before the batch is closed, so that the first does not wait for ever.</summary>
    private const int MostPerBatch = 128;

    /// <summary>Batches on a borrowed thread before it is given back to its own work.</summary>
    private const int MostBorrowed = 4;

    /// <summary>When the loop looks again where it cannot be known what is due. Arbitrary.</summary>
    private static readonly TimeSpan RestAfterFault = TimeSpan.FromSeconds(1);

    private readonly Channel<LoopEvent> _events = Channel.CreateBounded<LoopEvent>(new BoundedChannelOptions(Capacity)
    {
        SingleReader = true,
        AllowSynchronousContinuations = true,
        FullMode = BoundedChannelFullMode.Wait,
    });

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private ILoopOwner _owner = null!;
    private Task _running = Task.CompletedTask;
    private Instant _armed = Instant.Never;
    private long _batches;

    internal NodeLoop(TimeProvider time, ILogger log)
    {
        _time = time;
        _log = log;
        Faults = new Faults(log, time);
        _timer = time.CreateTimer(static self => ((NodeLoop)self!).OnTimer(), this, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Faults that cost an event, and not the loop.</summary>
    internal Faults Faults { get; }

    /// <summary>Batches handled so far: a sign of life for the watchdog.</summary>
    internal long Batches => Volatile.Read(ref _batches);

    /// <summary>Completes when the loop has ended, by order. Faults in what it handles do not end it.</summary>
    internal Task Completion => _running;

    /// <summary>Begins; events that came before wait.</summary>
    internal void Start(ILoopOwner owner)
    {
        _owner = owner;
        _running = RunAsync();
        // What is due at the start waits for no event.
        OnTimer();
    }

    /// <summary>Queues work; it runs in order with other events. Waits where the loop is behind.</summary>
    internal ValueTask PostAsync(ILoopWork work) =>
        _events.Writer.WriteAsync(new LoopEvent(LoopEventKind.Work, Work: work));

    /// <summary>
    /// As <see cref="PostAsync"/>, for whoever has nothing to do when it is queued, or the loop has ended.
    /// </summary>
    internal void Post(ILoopWork work) => _ = PostLaterAsync(new LoopEvent(LoopEventKind.Work, Work: work));

    /// <summary>Runs a function where the router lives and brings back its result.</summary>
    internal async Task<T> AskAsync<T>(Func<Instant, T> question)
    {
        var asked = new Question<T>(question);
        await PostAsync(asked).ConfigureAwait(false);
        return await asked.Answer.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask UpAsync(ILink link) => _events.Writer.WriteAsync(new LoopEvent(LoopEventKind.LinkUp, link));

    /// <inheritdoc/>
    public ValueTask DownAsync(ILink link, LinkEnd reason) =>
        _events.Writer.WriteAsync(new LoopEvent(LoopEventKind.LinkDown, link, End: reason));

    /// <inheritdoc/>
    public ValueTask ReceivedAsync(ILink link, ReceivedFrames frames)
    {
        var received = new LoopEvent(LoopEventKind.Received, link, frames);
        return _events.Writer.TryWrite(received) ? ValueTask.CompletedTask : _events.Writer.WriteAsync(received);
    }

    /// <inheritdoc/>
    public void Writable(ILink link)
    {
        var writable = new LoopEvent(LoopEventKind.Writable, link);
        if (!_events.Writer.TryWrite(writable))
            _ = PostLaterAsync(writable);
    }

    /// <summary>Ends the loop after what is queued has been handled.</summary>
    public async ValueTask DisposeAsync()
    {
        _events.Writer.TryComplete();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _timer.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        try
        {
            ChannelReader<LoopEvent> events = _events.Reader;
            while (await events.WaitToReadAsync().ConfigureAwait(false))
            {
                int batches = 0;
                while (events.TryRead(out LoopEvent first))
                {
                    RunBatch(first, events);
                    if (++batches % MostBorrowed == 0)
                        await Task.Yield();
                }
            }
        }
        catch (Exception e)
        {
            _log.LoopFailed(e);
            throw;
        }
    }

    private void RunBatch(LoopEvent first, ChannelReader<LoopEvent> events)
    {
        Instant now = Instant.Now(_time);
        int handled = 0;
        for (LoopEvent next = first; ;)
        {
            Handle(now, next);
            if (++handled >= MostPerBatch || !events.TryRead(out next))
                break;
        }

        EndBatch(now);
        Volatile.Write(ref _batches, _batches + 1);
        Arm();
    }

    private void EndBatch(Instant now)
    {
        try
        {
            Faults.At(FaultPlace.EndBatch);
            _owner.EndBatch(now);
        }
        catch (Exception e)
        {
            Faults.Note(FaultSeam.Batch, e);
        }
    }

    /// <summary>
    /// The one place where a fault in the handling of an event is caught: it costs that event, or its link.
    /// </summary>
    private void Handle(Instant now, LoopEvent next)
    {
        try
        {
            Faults.At(PlaceOf(next.Kind));
            Dispatch(now, next);
        }
        catch (Exception e)
        {
            Faults.Note(SeamOf(next.Kind), e);
            Clean(now, next, e);
        }
        finally
        {
            next.Frames.Dispose();
        }
    }

    /// <summary>Whoever waits for an event that was lost is told; what came with a link ends that link.</summary>
    private void Clean(Instant now, LoopEvent lost, Exception fault)
    {
        try
        {
            if (lost.Link is not null)
                _owner.Broken(now, lost.Link);
            lost.Work?.Failed(now, fault);
            if (lost.Kind == LoopEventKind.Due)
                _armed = Instant.Never;
        }
        catch (Exception e)
        {
            Faults.Note(SeamOf(lost.Kind), e);
        }
    }

    private static FaultPlace PlaceOf(LoopEventKind kind) => kind switch
    {
        LoopEventKind.LinkUp => FaultPlace.LinkUp,
        LoopEventKind.LinkDown => FaultPlace.LinkDown,
        LoopEventKind.Received => FaultPlace.Received,
        LoopEventKind.Writable => FaultPlace.Writable,
        LoopEventKind.Due => FaultPlace.Due,
        LoopEventKind.Work => FaultPlace.Work,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static FaultSeam SeamOf(LoopEventKind kind) => kind switch
    {
        LoopEventKind.LinkUp or LoopEventKind.LinkDown or LoopEventKind.Writable => FaultSeam.Link,
        LoopEventKind.Received => FaultSeam.Frame,
        LoopEventKind.Due => FaultSeam.Timer,
        LoopEventKind.Work => FaultSeam.Work,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private void Dispatch(Instant now, LoopEvent next)
    {
        switch (next.Kind)
        {
            case LoopEventKind.Received:
                _owner.Received(now, next.Link!, next.Frames);
                break;
            case LoopEventKind.LinkUp:
                _owner.LinkUp(now, next.Link!);
                break;
            case LoopEventKind.LinkDown:
                _owner.LinkDown(now, next.Link!, next.End!);
                break;
            case LoopEventKind.Writable:
                _owner.Writable(now, next.Link!);
                break;
            case LoopEventKind.Work:
                next.Work!.Run(now);
                break;
            case LoopEventKind.Due:
                _armed = Instant.Never;
                break;
        }
    }

    /// <summary>
    /// Sees to it that a timer fires when something is due. A timer that is armed earlier stays: it finds nothing to
    /// do and is armed again, which is cheaper than to move it after every batch.
    /// </summary>
    private void Arm()
    {
        Instant due = NextDue();
        if (due >= _armed)
            return;
        TimeSpan wait = due - Instant.Now(_time);
        _armed = due;
        // Whole milliseconds, rounded up: a timer that fires early would spin.
        double milliseconds = Math.Ceiling(Math.Max(0, wait.TotalMilliseconds));
        _timer.Change(TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue)), Timeout.InfiniteTimeSpan);
    }

    private Instant NextDue()
    {
        try
        {
            Faults.At(FaultPlace.Arm);
            return _owner.NextDue;
        }
        catch (Exception e)
        {
            Faults.Note(FaultSeam.Timer, e);
            return Instant.Now(_time) + RestAfterFault;
        }
    }

    private void OnTimer()
    {
        // A full channel means that batches follow anyway, and each looks at what is due; but the timer must be armed
        // again.
        if (!_events.Writer.TryWrite(new LoopEvent(LoopEventKind.Due)))
            _ = PostLaterAsync(new LoopEvent(LoopEventKind.Due));
    }

    private async Task PostLaterAsync(LoopEvent later)
    {
        try
        {
            await _events.Writer.WriteAsync(later).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            // The loop has ended: nobody is left to be told.
        }
    }

    private sealed class Question<T>(Func<Instant, T> question) : ILoopWork
    {
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<T> Answer => _answer.Task;

        public void Run(Instant now)
        {
            try
            {
                _answer.TrySetResult(question(now));
            }
            catch (Exception e)
            {
                // Whoever asked gets it; the loop goes on.
                Failed(now, e);
            }
        }

        public void Failed(Instant now, Exception fault) => _answer.TrySetException(fault);
    }
}

/// <summary>What the loop drives; all members are called on the loop.</summary>
internal interface ILoopOwner
{
    /// <summary>When <see cref="EndBatch"/> has to be called at the latest.</summary>
    Instant NextDue { get; }

    void LinkUp(Instant now, ILink link);

    void LinkDown(Instant now, ILink link, LinkEnd reason);

    void Received(Instant now, ILink link, ReceivedFrames frames);

    void Writable(Instant now, ILink link);

    /// <summary>Something about the link failed in this program: it ends, and what is known of it goes.</summary>
    void Broken(Instant now, ILink link);

    /// <summary>Does what is due, and what a batch shares: commit, flush.</summary>
    void EndBatch(Instant now);
}
