using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// How long a group has run on this node, restarts taken together: no calendar can be set to shorten a term.
/// </summary>
/// <param name="before">What earlier runs add up to.</param>
/// <param name="started">When this run began.</param>
internal sealed class RunningClock(TimeSpan before, Instant started)
{
    /// <summary>The running time.</summary>
    internal TimeSpan At(Instant now) => before + (now > started ? now - started : TimeSpan.Zero);

    /// <summary>When a running time will be reached, if the node goes on.</summary>
    internal Instant When(TimeSpan at) => at == TimeSpan.MaxValue ? Instant.Never : started + (at - before);
}
