namespace QuicProChat.Mesh.Api;

/// <summary>A link to a neighbour came up.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Peer">The neighbour.</param>
public sealed record PeerUpEvent(DateTimeOffset At, PeerInfo Peer) : EventInfo(At)
{
    internal override EventSpec Spec => Events.PeerUp;
}

/// <content>A link to a neighbour came up.</content>
public static partial class Events
{
    /// <summary>A link to a neighbour came up.</summary>
    public static EventSpec<PeerUpEvent> PeerUp { get; } = new(
        "peerUp", json => json.PeerUpEvent, (_, e) => $"* {NameOf(e.Peer)} is a neighbour now");

    private static string NameOf(PeerInfo peer) =>
        Screen.Printable(peer.Name) is { Length: > 0 } name ? $"{name} ({peer.Address})" : peer.Address;
}
