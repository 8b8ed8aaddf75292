using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

// Without a default arm the compiler names the value that has no word yet.
#pragma warning disable CS8524

namespace QuicProChat.Mesh.Node.Control;

/// <summary>States, reasons and priorities as the control socket spells them.</summary>
internal static class Words
{
    internal static string Of(MessageState state) => MessageProgress.NameOf(state);

    internal static string Of(Priority priority) => priority switch
    {
        Priority.Low => "low",
        Priority.Normal => "normal",
        Priority.High => "high",
        Priority.Emergency => "emergency",
    };

    internal static string Of(Protection protection) => protection switch
    {
        Protection.Sealed => "sealed",
        Protection.MlsLite => "mls-lite",
        Protection.MlsLiteSigned => "mls-lite-signed",
        Protection.Mls => "mls",
        Protection.Channel => "channel",
        Protection.MlsPostQuantum => "mls-pq",
    };

    /// <summary>A type of content; one of a later version is unsupported.</summary>
    internal static string Of(MessageContentType type) => type switch
    {
        MessageContentType.Text => "text",
        MessageContentType.Timed => "timed",
        MessageContentType.Reply => "reply",
        MessageContentType.Reaction => "reaction",
        MessageContentType.Edit => "edit",
        MessageContentType.Delete => "delete",
        MessageContentType.Read => "read",
        MessageContentType.Typing => "typing",
        MessageContentType.Timer => "timer",
        MessageContentType.FileOffer => "file",
        MessageContentType.ContactCard => "contact",
        MessageContentType.Location => "location",
        MessageContentType.Joined => "joined",
        MessageContentType.Left => "left",
        MessageContentType.Renamed => "renamed",
        MessageContentType.Epoch => "epoch",
        MessageContentType.Deleted => "deleted",
        _ => "unsupported",
    };

    /// <summary>A reason in words; null where there is nothing to say.</summary>
    internal static string? Of(StateReason reason) => reason switch
    {
        StateReason.None => null,
        StateReason.NoRoute => "no route to the receiver is known",
        StateReason.Waiting => "the link to the next hop takes no more now",
        StateReason.NextHopFull => "the next hop has no space",
        StateReason.StoreFull => "this node's store is full or failing",
        StateReason.TooLarge => "too large for the path",
        StateReason.LifetimeOver => "its lifetime ended",
        StateReason.HopLimit => "the hop limit was reached",
        StateReason.Cancelled => "cancelled",
        StateReason.HeldByNeighbour => "a neighbour holds it until the receiver is in reach",
        StateReason.NextHopBusy => "the next hop asks to wait",
        StateReason.NextHopHasNoWay => "the next hop has no way on",
        StateReason.NextHopSaysExpired => "the next hop says that its lifetime is over",
        StateReason.NextHopSilent => "the next hop has not answered",
        StateReason.NextHopRefuses => "the next hop refuses it for a reason that this version does not know",
        _ => $"reason {(int)reason}",
    };

    internal static bool TryParse(string? text, out Priority priority)
    {
        (bool known, priority) = text switch
        {
            "low" => (true, Priority.Low),
            null or "normal" => (true, Priority.Normal),
            "high" => (true, Priority.High),
            "emergency" => (true, Priority.Emergency),
            _ => (false, Priority.Normal),
        };
        return known;
    }

    /// <summary>A state to wait for; without one, "queued" is answered.</summary>
    internal static bool TryParseWait(string? text, out MessageState state)
    {
        (bool known, state) = text switch
        {
            null or "queued" => (true, MessageState.Queued),
            "forwarded" => (true, MessageState.Forwarded),
            "delivered" => (true, MessageState.Delivered),
            _ => (false, MessageState.Queued),
        };
        return known;
    }

    /// <summary>How texts to one node are to be protected.</summary>
    internal static string Of(DirectSecurity security) => security switch
    {
        DirectSecurity.Auto => "auto",
        DirectSecurity.Mls => "mls",
        DirectSecurity.Sealed => "sealed",
    };

    /// <summary>How far a conversation on a server is.</summary>
    internal static string Of(ServerStanding state) => state switch
    {
        ServerStanding.Opening => "opening",
        ServerStanding.Ready => "ready",
        ServerStanding.Changing => "changing",
        ServerStanding.Out => "out",
    };

    /// <summary>How this node stands in a group.</summary>
    internal static string Of(MembershipStatus status) => status switch
    {
        MembershipStatus.Joining => "joining",
        MembershipStatus.Current => "current",
        MembershipStatus.Behind => "behind",
        MembershipStatus.Forked => "forked",
        MembershipStatus.Out => "out",
    };
}
