namespace QuicProChat.Mesh.Api;

/// <summary>Members, epoch or standing of an MLS group changed, or this node was invited to one.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Group">The group; one without members is an invitation.</param>
public sealed record MlsGroupEvent(DateTimeOffset At, GroupInfo Group) : EventInfo(At)
{
    internal override EventSpec Spec => Events.MlsGroup;
}

/// <content>Members, epoch or standing of an MLS group changed.</content>
public static partial class Events
{
    /// <summary>Members, epoch or standing of an MLS group changed, or this node was invited to one.</summary>
    public static EventSpec<MlsGroupEvent> MlsGroup { get; } = new(
        "mls-group", json => json.MlsGroupEvent, (_, e) => "* " + e.Group.Describe());
}
