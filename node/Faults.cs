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
}

/// <summary>
/// Faults of this program, each caught where it costs one thing (a link, an envelope, a command) and not the node. They are
/// counted, and the log gets the cause of the first of a kind, then of one a minute. For any thread.
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

    /// <summary>For tests: called wherever something may fail, with the name of the place, and may throw.</summary>
    internal Action<string>? Probe { get; set; }

    /// <summary>All seams with their counts.</summary>
    internal IEnumerable<KeyValuePair<FaultSeam, long>> Counts =>
        Array.ConvertAll(_seams, seam => KeyValuePair.Create(seam, Volatile.Read(ref _counts[(int)seam])));

    /// <summary>Counts a fault, and logs it now and then.</summary>
    internal void Note(FaultSeam seam, Exception fault)
    {
        Interlocked.Increment(ref _counts[(int)seam]);
        if (_said[(int)seam].IsDue(out long silent))
            _log.Fault(seam, silent, fault);
    }
}
