namespace QuicProChat.Mesh.Wire;

/// <summary>
/// A kind of link: dials and listens. What it makes has passed authentication and Hello; duplicates and redialling
/// are the link manager's business, not the transport's.
/// </summary>
public interface ITransport
{
    /// <summary>The URI scheme it serves: <c>tcp</c>, <c>quic</c>, <c>lora</c>.</summary>
    string Scheme { get; }

    /// <summary>Null if it can work here; otherwise one sentence that says what is missing.</summary>
    string? Unavailable { get; }

    /// <summary>Starts to accept links until the returned object is disposed.</summary>
    /// <exception cref="IOException">The address cannot be bound; the message says which and why.</exception>
    ValueTask<IListener> ListenAsync(LinkUri uri, ILinkAcceptor acceptor, CancellationToken cancellation);

    /// <summary>
    /// Makes one attempt to reach a peer. The failure says why; it is never an exception for what a peer or network
    /// does.
    /// </summary>
    ValueTask<DialResult> DialAsync(LinkUri uri, CancellationToken cancellation);
}

/// <summary>Something that accepts links; disposing it stops that.</summary>
public interface IListener : IAsyncDisposable
{
    /// <summary>Where it listens, with the port that the system chose for port 0.</summary>
    LinkUri Bound { get; }

    /// <summary>
    /// False if it hears nothing any more, because the address that it is bound to is gone or belongs to another
    /// interface now.
    /// </summary>
    bool IsCurrent => true;
}

/// <summary>Takes the links that a listener made.</summary>
public interface ILinkAcceptor
{
    /// <summary>
    /// Takes an authenticated link that has not started; refused connections arrive as <see cref="Refused"/>.
    /// </summary>
    void Accept(IPendingLink link);

    /// <summary>Counts a connection that did not become a link.</summary>
    void Refused(string remote, LinkEnd reason);
}

/// <summary>A link that is authenticated but moves no frames yet: the link manager starts or refuses it.</summary>
public interface IPendingLink
{
    /// <summary>The link; usable after <see cref="Start"/>.</summary>
    ILink Link { get; }

    /// <summary>
    /// Says, before <see cref="Start"/>, that the operator pinned the peer's address, or that nobody named the peer
    /// although this node dialled: see <see cref="ILink.Chosen"/>.
    /// </summary>
    void Choose(bool isChosen);

    /// <summary>Starts its loops; events go to the given receiver, beginning with Up.</summary>
    void Start(ILinkEvents events);
}

/// <summary>What became of a dial: a link or the reason for none.</summary>
/// <param name="Link">The link, if it was made.</param>
/// <param name="Failure">Why not, otherwise.</param>
public readonly record struct DialResult(IPendingLink? Link, LinkEnd? Failure);
