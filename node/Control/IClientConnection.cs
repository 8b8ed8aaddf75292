namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// The connection of a session with its client: a stream of lines in both directions, whatever carries it. One reader
/// and one writer at a time.
/// </summary>
internal interface IClientConnection
{
    /// <summary>Something came in that was not read yet.</summary>
    bool HasUnread { get; }

    /// <summary>The client is gone: nobody waits for an answer any more.</summary>
    bool HasHungUp { get; }

    /// <summary>Reads what came; 0 where the client says no more.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The client went away.</exception>
    ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellation);

    /// <summary>Writes some bytes, and says how many.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The client went away.</exception>
    ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Closes it so that what was written arrives. Nobody reads or writes any more.</summary>
    ValueTask CloseAsync();
}
