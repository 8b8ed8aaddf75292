using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>What all clients of the control socket share: who answers them, and what they may hold together.</summary>
internal sealed class ControlShared(
    IControlTarget target, EventHub events, ILogger log, TimeProvider time, long memory = ControlShared.UsualBytes)
{
    /// <summary>
    /// Bytes of requests and replies beyond what every client has to itself: 16 KiB for what it asks
    /// (<see cref="LineBuffer.OwnBytes"/>) and 64 KiB for what it is told (<see cref="ReplyQueue.OwnBytes"/>).
    /// Arbitrary.
    /// </summary>
    internal const long UsualBytes = 8 << 20;

    /// <summary>Unanswered requests of all clients beyond those that every client has to itself. Arbitrary.</summary>
    private const int MaxRequests = 2048;

    /// <summary>A client that takes nothing for so long gives way to another that needs its memory.</summary>
    private static readonly TimeSpan StalledTooLong = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly OnceInAWhile _failures = new(time);

    internal IControlTarget Target { get; } = target;

    internal EventHub Events { get; } = events;

    internal TimeProvider Time { get; } = time;

    // Two long replies at least: else one client that reads slowly would keep all others from theirs.
    internal ByteBudget Bytes { get; } = new(Math.Max(memory, 2 * ReplyWriter.MaxBytes));

    internal RequestWindow.Pool Requests { get; } = new(MaxRequests);

    /// <summary>Cuts the client off that has let replies lie for longest, if any has for so long.</summary>
    internal Action<TimeSpan> CutMostStalled { get; init; } = static _ => { };

    /// <summary>A command threw what it must not.</summary>
    internal void Failed(string command, Exception failure)
    {
        Target.CommandFailed(command, failure);
        if (_failures.IsDue(out long silent))
            log.CommandFailed(command, silent, failure);
    }

    /// <summary>
    /// Takes the bytes of a long reply, when the client has taken those before and others leave so much.
    /// </summary>
    internal async ValueTask ReserveAsync(ReplyQueue replies, CancellationToken cancellation)
    {
        while (replies.Waiting >= ReplyQueue.OwnBytes)
            await Task.Delay(LookAgain, Time, cancellation).ConfigureAwait(false);
        while (!Bytes.TryTake(ReplyWriter.MaxBytes))
        {
            CutMostStalled(StalledTooLong);
            await Task.Delay(LookAgain, Time, cancellation).ConfigureAwait(false);
        }
    }
}
