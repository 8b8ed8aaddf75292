using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>The loop that owns the router and all conversations, and where faults of this program go.</summary>
public interface IMessagingLoop
{
    /// <summary>Runs something on the loop, in order with other events; waits where the loop is behind.</summary>
    /// <exception cref="OperationCanceledException">The loop has ended.</exception>
    ValueTask PostAsync(Action<Instant> work);

    /// <summary>Runs a question on the loop and brings its answer back.</summary>
    /// <exception cref="OperationCanceledException">The loop has ended.</exception>
    Task<T> AskAsync<T>(Func<Instant, T> question);

    /// <summary>Does something on another thread, so that the loop goes on, and then the rest on the loop.</summary>
    void RunAside(Action work, Action<Instant> then);

    /// <summary>Something that may fail is about to happen. Tests make it fail.</summary>
    void Reach(string place);

    /// <summary>A fault of this program was caught: it cost one message or command.</summary>
    void Failed(Exception fault);
}
