using System.Net;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege;

/// <summary>What one identity does at one time.</summary>
/// <param name="Target">The node under siege.</param>
/// <param name="Source">An address of the attacker's machine.</param>
/// <param name="Mask">Who it pretends to be.</param>
/// <param name="Gossip">What all attackers learnt.</param>
/// <param name="Random">Of this identity.</param>
/// <param name="Tally">Of this attack.</param>
internal sealed record Raid(IPEndPoint Target, IPAddress Source, Mask Mask, Gossip Gossip, Random Random, Tally Tally);

/// <summary>An attack on an established link.</summary>
internal abstract class LinkAttack
{
    /// <summary>As the table shows it.</summary>
    internal abstract string Name { get; }

    /// <summary>How long the node is left alone between two steps.</summary>
    internal virtual TimeSpan Pause => TimeSpan.FromMilliseconds(20);

    /// <summary>Called once when the link is up.</summary>
    internal virtual ValueTask BeginAsync(HostileLink link, Raid raid, CancellationToken stop) =>
        ValueTask.CompletedTask;

    /// <summary>Called again and again while the link stands.</summary>
    internal abstract ValueTask StepAsync(HostileLink link, Raid raid, CancellationToken stop);

    /// <summary>Called for each frame that the node sends, but pings.</summary>
    internal virtual ValueTask ReceivedAsync(HostileLink link, Raid raid, FrameKind kind, byte[] body) =>
        ValueTask.CompletedTask;
}
