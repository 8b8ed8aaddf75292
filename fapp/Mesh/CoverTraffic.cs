using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>
/// When a follower sends something to a forwarder: at random times that do not depend on what it has to send. A request
/// takes the place of
/// a dummy, so whoever sees all frames sees the same from who asks and who does not (docs/reference/fapp.md, section
/// 3.4).
/// </summary>
/// <param name="random">Source of the times.</param>
public sealed class CoverTraffic(RandomFill random)
{
    /// <summary>Mean time between two envelopes where nothing is set, in seconds.</summary>
    public const long StandardMean = 30 * FappTime.Minute;

    /// <summary>When the next one goes, in running seconds.</summary>
    public long NextAt { get; private set; } = long.MaxValue;

    /// <summary>Draws the next time: exponential, so that the past tells nothing of it.</summary>
    /// <param name="running">Now, in running seconds.</param>
    /// <param name="mean">Mean time until then, in seconds.</param>
    public void Draw(long running, long mean) => NextAt = running + Chance.Exponential(random, mean);

    /// <summary>Nothing could be sent: it is tried again soon, for nobody saw anything.</summary>
    /// <param name="at">When, in running seconds.</param>
    public void Postpone(long at) => NextAt = at;
}
