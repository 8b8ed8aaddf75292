using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>Listeners and dialers, as the node drives them.</summary>
internal interface INodeLinks : IAsyncDisposable
{
    /// <summary>Links over QUIC can be made here.</summary>
    bool QuicAvailable { get; }

    /// <summary>Where this node listens.</summary>
    IReadOnlyList<string> Listening { get; }

    /// <summary>Peers that are dialled and not connected at the moment, each with its last failure.</summary>
    IReadOnlyList<string> Dialing { get; }

    /// <summary>Counters of what was refused or failed before it became a link.</summary>
    IEnumerable<KeyValuePair<string, long>> Counters { get; }

    /// <summary>Begins to listen.</summary>
    /// <exception cref="IOException">The address cannot be bound; the message says which and why.</exception>
    ValueTask ListenAsync(LinkUri uri, CancellationToken cancellation);

    /// <summary>Ends listening on a URI as it was given.</summary>
    ValueTask UnlistenAsync(LinkUri uri);

    /// <summary>Keeps a link to a peer from now on; does nothing if that is so already.</summary>
    void Connect(LinkUri uri);

    /// <summary>Dials no more; a link that is up ends. False if that peer was not dialled.</summary>
    bool Disconnect(LinkUri uri);
}
