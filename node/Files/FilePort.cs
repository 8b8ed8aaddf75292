using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Files;

/// <summary>What files need of the node. On the loop.</summary>
internal sealed class FilePort(
    Func<Router> router, Func<Conversations> conversations, IMessageStore messages, IMessagingLoop loop,
    TimeProvider time,
    Action<FileEntry> told) : IFilePort
{
    private FileHost _host = null!;

    /// <summary>The time.</summary>
    internal Instant Now => Instant.Now(time);

    /// <summary>Files of which something is to be written down.</summary>
    internal HashSet<FileEntry> Changed { get; } = [];

    internal void Attach(FileHost host) => _host = host;

    /// <inheritdoc/>
    public BulkResult Send(Instant now, in NodeAddress to, bool overRadio, ReadOnlySpan<byte> payload) =>
        router().SendBulk(now, to, overRadio, payload);

    /// <inheritdoc/>
    public BulkWay WayOf(Instant now, in NodeAddress to) => router().WayOf(now, to);

    /// <inheritdoc/>
    public bool TryGetKey(in NodeAddress of, out ReadOnlySpan<byte> key) => router().TryGetPublicKey(of, out key);

    /// <inheritdoc/>
    public IReadOnlyList<NodeAddress> MembersOf(ConversationId conversation) => conversations().MembersOf(conversation);

    /// <inheritdoc/>
    public bool IsBlocked(in NodeAddress address) => messages.IsBlocked(address);

    /// <inheritdoc/>
    public void RunAside(Action work, Action<Instant> then) => loop.RunAside(work, then);

    /// <inheritdoc/>
    public void Keep(FileEntry file) => _host.Keep(file);

    /// <inheritdoc/>
    public void Progressed(FileEntry file) => told(file);
}
