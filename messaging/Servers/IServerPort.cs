using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>What became of something that a server was asked for.</summary>
public enum ServerStatus
{
    /// <summary>It is done; of messages it is proven.</summary>
    Done,

    /// <summary>There is no such user, key or inbox there.</summary>
    NotFound,

    /// <summary>The server does not let this account.</summary>
    Forbidden,

    /// <summary>Something else is there under this name.</summary>
    Conflict,

    /// <summary>Another commit has the number; the answer says which is next.</summary>
    Stale,

    /// <summary>It is larger than the server takes.</summary>
    TooLarge,

    /// <summary>The server does not take it, for a reason that does not go away.</summary>
    Refused,

    /// <summary>What the server says of a name is not proven by its log of keys.</summary>
    Unproven,

    /// <summary>The name had another key before, and the owner has not accepted the new one.</summary>
    Changed,

    /// <summary>The server's log of keys contradicts itself, and the owner has not accepted that.</summary>
    Forked,

    /// <summary>There is no answer: the connection is not there, or this node is logged out.</summary>
    Gone,
}

/// <summary>An answer of a server.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Value">The answer; only where it is done.</param>
public readonly record struct ServerAnswer<T>(ServerStatus Status, T? Value);

/// <summary>A message for somebody's inbox.</summary>
/// <param name="Recipient">The owner's Ed25519 key, 32 bytes.</param>
/// <param name="Channel">The direct channel, 16 bytes; empty for the inbox outside of channels.</param>
/// <param name="Id">Names it to the server: the same bytes under the same id are stored once.</param>
/// <param name="Payload">What is stored.</param>
/// <param name="Lifetime">How long the server keeps it.</param>
public sealed record ServerMessage(
    ReadOnlyMemory<byte> Recipient, ReadOnlyMemory<byte> Channel, EnvelopeId Id, ReadOnlyMemory<byte> Payload,
    TimeSpan Lifetime)
{
    /// <summary>The domain of the recipient's server where it is another than the account's; else empty.</summary>
    public string Domain { get; init; } = "";
}

/// <summary>The place of a commit among those of its group.</summary>
/// <param name="Group">The group, at most 64 bytes.</param>
/// <param name="Number">The number that it wants.</param>
public sealed record CommitPlace(ReadOnlyMemory<byte> Group, ulong Number)
{
    /// <summary>The members that are on other servers than the messages of the commit go to.</summary>
    public IReadOnlyList<(string Domain, ReadOnlyMemory<byte> Key)> Elsewhere { get; init; } = [];
}

/// <summary>What a server says of messages that were to be stored.</summary>
/// <param name="Status">Done: all of them are stored, each with a proof that was verified. Else none is.</param>
/// <param name="Number">With <see cref="ServerStatus.Stale"/>: the number that the group waits for.</param>
public readonly record struct StoredAnswer(ServerStatus Status, ulong Number);

/// <summary>A direct channel.</summary>
/// <param name="Id">Its id, 16 bytes.</param>
/// <param name="WasNew">It was made by this call: whoever made it makes the group.</param>
public sealed record OpenedChannel(byte[] Id, bool WasNew);

/// <summary>A message in an inbox.</summary>
/// <param name="Sequence">Its number there.</param>
/// <param name="Data">What was stored.</param>
public readonly record struct ServerEnvelope(ulong Sequence, ReadOnlyMemory<byte> Data);

/// <summary>What was read from an inbox.</summary>
/// <param name="Envelopes">Messages, their numbers rising.</param>
/// <param name="Oldest">Nothing below this number is there any more.</param>
public sealed record ServerBatch(IReadOnlyList<ServerEnvelope> Envelopes, ulong Oldest);

/// <summary>
/// The connections to servers, as conversations see them: the only port to a server. Calls come from the loop and from
/// other
/// threads, and end on any. None throws; what a server says has been checked for its form and bounded, and nothing
/// else.
/// </summary>
public interface IServerPort
{
    /// <summary>
    /// Stores messages, all or none; all have the same domain. It is repeated until the server answers or the account
    /// is closed.
    /// </summary>
    Task<StoredAnswer> StoreAsync(string server, IReadOnlyList<ServerMessage> messages, CommitPlace? place);

    /// <summary>
    /// The same without a repetition: what may pass, such as a full inbox, is <see cref="ServerStatus.Gone"/>.
    /// </summary>
    Task<StoredAnswer> TryStoreAsync(string server, IReadOnlyList<ServerMessage> messages);

    /// <summary>
    /// The key of a user, proven by the server's log of keys where it is this server's: 32 bytes. It gives up after
    /// some seconds.
    /// </summary>
    /// <param name="server">The server of the account.</param>
    /// <param name="user">The user.</param>
    /// <param name="domain">The domain of the user's server where it is another one; else empty.</param>
    Task<ServerAnswer<byte[]>> FindUserAsync(string server, string user, string domain);

    /// <summary>The name of whoever has a key, as the server says. It gives up after some seconds.</summary>
    Task<ServerAnswer<string>> FindNameAsync(string server, ReadOnlyMemory<byte> key, string domain);

    /// <summary>Makes or finds the direct channel with somebody. It gives up after some seconds.</summary>
    Task<ServerAnswer<OpenedChannel>> OpenChannelAsync(string server, ReadOnlyMemory<byte> key);

    /// <summary>
    /// Takes a KeyPackage of each device of somebody, a few at most; of one's own account those of the other devices.
    /// It gives up after some seconds.
    /// </summary>
    /// <param name="server">The server of the account.</param>
    /// <param name="key">The person's Ed25519 key, 32 bytes.</param>
    /// <param name="domain">The domain of the person's server where it is another one; else empty.</param>
    /// <param name="devices">The keys of the own devices that are meant; null: all others.</param>
    Task<ServerAnswer<IReadOnlyList<byte[]>>> TakeKeyPackagesAsync(
        string server, ReadOnlyMemory<byte> key, string domain, IReadOnlyList<byte[]>? devices = null);

    /// <summary>Reads a direct channel's inbox from now on; a second time changes nothing.</summary>
    void Read(string server, ReadOnlyMemory<byte> channel);

    /// <summary>The head of the server's log of keys that this node was shown last; empty without one.</summary>
    byte[] HeadOf(string server);

    /// <summary>Somebody else was shown this head: it is compared with this node's, at most one in a minute.</summary>
    void Compare(string server, ReadOnlyMemory<byte> head);

    /// <summary>A KeyPackage was used: others take its place.</summary>
    void Refill(string server);
}
