namespace QuicProChat.Mesh.Messaging.Groups;

/// <summary>
/// The node's running time in the form of a calendar that begins in 1970: for what ages by time that only runs,
/// whatever the real calendar says.
/// </summary>
internal sealed class RunningCalendar(IMessageStore store) : TimeProvider
{
    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + store.Running;
}
