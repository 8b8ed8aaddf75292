namespace QuicProChat.Mesh.Transports;

/// <summary>
/// The memory of all links: one budget with fixed parts (docs/reference/configuration.md, <c>linkMemoryBytes</c>).
/// Beside it each link has <see cref="PerLink"/>, and what the TLS library takes.
/// </summary>
internal sealed class LinkMemory(long bytes, TimeProvider time)
{
    /// <summary>
    /// What a link may always take, whatever the others do: a small buffer for each class of frames and one for
    /// reading.
    /// </summary>
    internal const int PerLink = SendQueues.Classes * FrameQueue.FreeSize + ReceiveBuffer.FreeSize;

    // However little memory there is, some of the largest frames must pass.
    private const int FewestLarge = 4;

    /// <summary>Half: what waits to be sent.</summary>
    internal SendMemory Sending { get; } = new(bytes / 2);

    /// <summary>The other half, a quarter of it in small buffers: what arrives, until it is handled.</summary>
    internal ReceiveMemory Receiving { get; } = new(
        bytes / 8, new LargeBuffers((int)Math.Max(FewestLarge, bytes * 3 / 8 / LargeBuffers.Size), time));
}
