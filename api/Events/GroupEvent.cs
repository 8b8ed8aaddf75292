namespace QuicProChat.Mesh.Api;

/// <summary>Members or epoch of an MLS-Lite group changed.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Group">The group.</param>
public sealed record GroupEvent(DateTimeOffset At, LiteGroupInfo Group) : EventInfo(At)
{
    internal override EventSpec Spec => Events.Group;
}

/// <content>Members or epoch of an MLS-Lite group changed.</content>
public static partial class Events
{
    /// <summary>Members or epoch of an MLS-Lite group changed.</summary>
    public static EventSpec<GroupEvent> Group { get; } = new(
        "group", json => json.GroupEvent, (_, e) => "* " + e.Group.Describe());
}
