namespace QuicProChat.Mesh.Wire;

/// <summary>What links report, from their own loops. The node queues these for the loop that owns the router.</summary>
public interface ILinkEvents
{
    /// <summary>A link is established: authenticated, Hello exchanged, no duplicate.</summary>
    ValueTask UpAsync(ILink link);

    /// <summary>
    /// Frames arrived. Waits while the router is behind: a link that is not read from pushes back on its sender.
    /// The receiver owns the buffer and disposes of it.
    /// </summary>
    ValueTask ReceivedAsync(ILink link, ReceivedFrames frames);

    /// <summary>A queue that refused a frame has room again.</summary>
    void Writable(ILink link);

    /// <summary>The link is gone; the last event of a link.</summary>
    ValueTask DownAsync(ILink link, LinkEnd reason);
}
