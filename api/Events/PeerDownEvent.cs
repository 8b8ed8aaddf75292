namespace QuicProChat.Mesh.Api;

/// <summary>A link to a neighbour ended.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Peer">The neighbour.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record PeerDownEvent(DateTimeOffset At, PeerInfo Peer, string Reason) : EventInfo(At)
{
    internal override EventSpec Spec => Events.PeerDown;
}

/// <content>A link to a neighbour ended.</content>
public static partial class Events
{
    /// <summary>A link to a neighbour ended.</summary>
    public static EventSpec<PeerDownEvent> PeerDown { get; } = new(
        "peerDown", json => json.PeerDownEvent,
        (_, e) => $"* {NameOf(e.Peer)} is no neighbour any more: {Screen.Printable(e.Reason)}");
}
