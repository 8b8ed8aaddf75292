namespace QuicProChat.Mesh.Messaging.Channels;

/// <summary>What happened to messages of channels.</summary>
public enum ChannelEvent
{
    /// <summary>A message of this node was made.</summary>
    Sent,

    /// <summary>A message of somebody else was stored.</summary>
    Received,

    /// <summary>A message that is here already came again.</summary>
    Repeated,

    /// <summary>A record of a channel's topic does not open, or its signature does not hold.</summary>
    Refused,

    /// <summary>The key of its sender is not known yet.</summary>
    SenderUnknown,

    /// <summary>Too many wait to be stored.</summary>
    Overrun,

    /// <summary>There was no room for it.</summary>
    NoRoom,

    /// <summary>A fault of this program cost a piece of work.</summary>
    Failed,
}

/// <summary>The counters of channels; never reset.</summary>
public sealed class ChannelCounters
{
    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<ChannelEvent> All = Enum.GetValues<ChannelEvent>();

    private readonly long[] _values = new long[All.Count];

    /// <summary>The present number.</summary>
    public long this[ChannelEvent what] => _values[(int)what];

    internal void Add(ChannelEvent what) => _values[(int)what]++;
}
