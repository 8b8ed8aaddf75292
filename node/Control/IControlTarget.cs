using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>What stands behind the control socket.</summary>
internal interface IControlTarget
{
    /// <summary>What can be asked.</summary>
    CommandTable Commands { get; }

    /// <summary>
    /// Sends messages, in order. Each request is answered on its session with <see cref="ControlSession.Reply"/>,
    /// at once or when the state that it waits for is reached. The next call is made when this one has completed.
    /// </summary>
    ValueTask SendAsync(IReadOnlyList<Request> requests, ControlSession session);

    /// <summary>Does anything but <c>send</c> and <c>events</c>; the result is the reply's line.</summary>
    /// <exception cref="ControlException">It was not done.</exception>
    ValueTask<ReadOnlyMemory<byte>> ExecuteAsync(Request request, CancellationToken cancellation);

    /// <summary>The daemon stops: whoever waits for something that may take long is answered now.</summary>
    ValueTask AnswerWaitingAsync() => default;

    /// <summary>A command threw something else, which cost that command alone.</summary>
    void CommandFailed(string command, Exception failure)
    {
    }
}
