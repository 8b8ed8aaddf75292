using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>Inboxes on servers where this node has an account, as groups of the mesh use them.</summary>
public interface IInboxes
{
    /// <summary>Whether this node has an account on a server. On the loop.</summary>
    bool HasAccount(string server);

    /// <summary>
    /// Stores payloads in inboxes, all or none; as <see cref="IServerPort.TryStoreAsync"/>. From any thread.
    /// </summary>
    Task<StoredAnswer> StoreAsync(string server, IReadOnlyList<ServerMessage> messages);

    /// <summary>The key of a user; as <see cref="IServerPort.FindUserAsync"/>. From any thread.</summary>
    /// <exception cref="MessagingException">There is no such user, no usable key, or no answer.</exception>
    Task<byte[]> FindUserAsync(string server, string user);
}

/// <summary>Whoever takes the envelopes of groups that lie in this node's inboxes.</summary>
public interface IInboxEnvelopes
{
    /// <summary>
    /// Takes payloads with envelopes (docs/reference/groups.md, "Over servers"); what came before changes nothing.
    /// </summary>
    /// <param name="server">Where they lay.</param>
    /// <param name="payloads">The payloads, the oldest first.</param>
    /// <returns>True when what follows from them is on disk; false: they are to be read again.</returns>
    Task<bool> ReceiveAsync(string server, IReadOnlyList<ReadOnlyMemory<byte>> payloads);

    /// <summary>A server can be asked from now on. On the loop.</summary>
    void Opened(Instant now, string server);
}
