using Microsoft.Extensions.Logging;

namespace QuicProChat.Mesh.Node;

/// <summary>Where a fault of this program was caught, and so what it cost.</summary>
internal enum FaultSeam
{
    /// <summary>A link came up, ended or took bytes again: the link.</summary>
    Link,

    /// <summary>A frame: its link.</summary>
    Frame,

    /// <summary>What was due in the router: it is tried again a second later.</summary>
    Timer,

    /// <summary>Something that a session or another thread wanted done on the loop: that.</summary>
    Work,

    /// <summary>An envelope that was read back from disk: that envelope.</summary>
    Load,

    /// <summary>A message for this node: that message.</summary>
    Message,

    /// <summary>Something to be written to the store, or its outcome: that.</summary>
    Store,

    /// <summary>What a batch shares, such as waking the senders of links: the rest of it goes on.</summary>
    Batch,

    /// <summary>An event for those who watch: that event.</summary>
    Event,

    /// <summary>A command of the control socket: that command.</summary>
    Command,

    /// <summary>A scrape of the metrics: that scrape.</summary>
    Metrics,

    /// <summary>A request of a browser, or the begin of a page's session: that connection.</summary>
    Page,

    /// <summary>A reload of the configuration: that reload.</summary>
    Reload,

    /// <summary>Housekeeping that a timer does now and then: that once.</summary>
    Upkeep,
}

/// <summary>
/// Faults of this program, each caught where it costs one thing (a link, an envelope, a command) and not the node. They
/// are counted, and the log gets the cause of the first of a kind, then of one a minute. For any thread.
/// </summary>
internal sealed class Faults
{
    private static readonly FaultSeam[] _seams = Enum.GetValues<FaultSeam>();

    private readonly ILogger _log;
    private readonly long[] _counts = new long[_seams.Length];
    private readonly OnceInAWhile[] _said;

    internal Faults(ILogger log, TimeProvider time)
    {
        _log = log;
        _said = Array.ConvertAll(_seams, _ => new OnceInAWhile(time));
    }

    /// <summary>What whoever asked is told where a fault kept the answer from it.</summary>
    internal const string Answer = Messaging.Deliveries.Fault;

    /// <summary>For tests: called at every place where a fault is contained, and may throw.</summary>
    internal Action<FaultPlace>? Probe { get; set; }

    /// <summary>All seams with their counts.</summary>
    internal IEnumerable<KeyValuePair<FaultSeam, long>> Counts =>
        Array.ConvertAll(_seams, seam => KeyValuePair.Create(seam, Volatile.Read(ref _counts[(int)seam])));

    /// <summary>Marks a place where a fault is contained.</summary>
    internal void At(FaultPlace place) => Probe?.Invoke(place);

    /// <summary>Does something that must not take others down with it.</summary>
    internal void Contain(FaultSeam seam, FaultPlace place, Action what)
    {
        try
        {
            At(place);
            what();
        }
        catch (Exception e)
        {
            Note(seam, e);
        }
    }

    /// <summary>Counts a fault that is logged by whoever met it.</summary>
    internal void Count(FaultSeam seam) => Interlocked.Increment(ref _counts[(int)seam]);

    /// <summary>Counts a fault, and logs it now and then.</summary>
    internal void Note(FaultSeam seam, Exception fault)
    {
        Count(seam);
        if (_said[(int)seam].IsDue(out long silent))
            _log.Fault(seam, silent, fault);
    }
}
