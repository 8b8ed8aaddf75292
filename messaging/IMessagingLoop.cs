using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging;

/// <summary>The loop that owns the router and all conversations, and where faults of this program go.</summary>
public interface IMessagingLoop
{
    /// <summary>Runs something on the loop, in order with other events; waits where the loop is behind.</summary>
    /// <param name="work">That.</param>
    /// <param name="onFault">What to do where a fault of this program kept it from its end.</param>
    /// <exception cref="OperationCanceledException">The loop has ended.</exception>
    ValueTask PostAsync(Action<Instant> work, Action<Instant>? onFault = null);

    /// <summary>Runs a question on the loop and brings its answer back.</summary>
    /// <exception cref="OperationCanceledException">The loop has ended.</exception>
    Task<T> AskAsync<T>(Func<Instant, T> question);

    /// <summary>
    /// Does something on another thread, so that the loop goes on, and then the rest on the loop. The rest may be
    /// called a second time, where a fault kept it from its end. What the work throws goes to <see cref="Failed"/>, and
    /// the rest is called all the same.
    /// </summary>
    void RunAside(Action work, Action<Instant> then);

    /// <summary>Something that may fail is about to happen. Tests make it fail.</summary>
    void Reach(MessagingPlace place);

    /// <summary>A fault of this program was caught: it cost one message or command.</summary>
    void Failed(Exception fault);
}

/// <summary>Places where a fault of this program costs one message.</summary>
public enum MessagingPlace
{
    /// <summary>An envelope is about to be opened.</summary>
    Open,

    /// <summary>The router is about to be told that an envelope cannot be opened.</summary>
    Rejected,

    /// <summary>What a message says is about to be kept.</summary>
    Keep,
}
