using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Loop;

/// <summary>The sorts of events that wake the loop.</summary>
internal enum LoopEventKind : byte
{
    LinkUp,
    LinkDown,
    Received,
    Writable,

    /// <summary>A timer is due; nothing else comes with it.</summary>
    Due,

    /// <summary>Something of this program wants to run where the router lives.</summary>
    Work,
}

/// <summary>One event for the loop; which fields are set follows from the kind.</summary>
internal readonly record struct LoopEvent(
    LoopEventKind Kind, ILink? Link = null, ReceivedFrames Frames = default, LinkEnd? End = null,
    ILoopWork? Work = null);

/// <summary>Something to do on the loop.</summary>
internal interface ILoopWork
{
    /// <summary>Runs on the loop; must not block.</summary>
    void Run(Instant now);

    /// <summary>
    /// On the loop: a fault kept it from running, or from running to its end. Whoever waits for it has to be told.
    /// </summary>
    void Failed(Instant now, Exception fault);
}
