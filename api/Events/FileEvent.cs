namespace QuicProChat.Mesh.Api;

/// <summary>A file is further, or it ended.</summary>
/// <param name="At">When it happened.</param>
/// <param name="File">The file as it is now.</param>
public sealed record FileEvent(DateTimeOffset At, FileTransferInfo File) : EventInfo(At)
{
    internal override EventSpec Spec => Events.File;
}

/// <content>A file is further, or it ended.</content>
public static partial class Events
{
    /// <summary>A file is further, or it ended.</summary>
    public static EventSpec<FileEvent> File { get; } = new(
        "file", json => json.FileEvent,
        // Each step is for programs; people are told of the end.
        (_, occurred) => occurred.File.State is "here" or "failed" ? occurred.File.Describe() : null);
}
