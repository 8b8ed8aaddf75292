namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>What happened to messages on servers.</summary>
public enum ServerCount
{
    /// <summary>A message was sent, whatever the number of members.</summary>
    Sent,

    /// <summary>A message came in and was stored.</summary>
    Received,

    /// <summary>What came was here already.</summary>
    Repeated,

    /// <summary>Refused: forged, damaged, of no conversation of this node, or more than there is room for.</summary>
    Refused,

    /// <summary>A commit of this node had to give way to another.</summary>
    Stale,

    /// <summary>Messages of inboxes were gone before they were read.</summary>
    Lost,

    /// <summary>A fault of this program while it dealt with one of them; the log says which.</summary>
    Failed,
}

/// <summary>Counts, for the loop only.</summary>
public sealed class ServerCounters
{
    /// <summary>All that is counted.</summary>
    public static readonly IReadOnlyList<ServerCount> All = Enum.GetValues<ServerCount>();

    private readonly long[] _counts = new long[All.Count];

    /// <summary>How often something happened.</summary>
    public long this[ServerCount what] => _counts[(int)what];

    internal void Add(ServerCount what, long count = 1) => _counts[(int)what] += count;
}
