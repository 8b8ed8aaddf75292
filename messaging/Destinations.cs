using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>
/// What people call conversations: <c>self</c>, an alias, an address, <c>group:NAME</c>, <c>channel:NAME</c>. Each kind
/// says what its names begin with.
/// <code>
///  self --> the notepad      PREFIX:NAME --> the kinds with that prefix      NAME --> alias, address, then any kind
/// </code>
/// An alias goes before a group's name: whoever invites chooses that, and could take the name of a contact. Digits may
/// be those of an address or of a conversation's id; then it is whatever there are messages of. So what was left can
/// still be read and deleted by its id.
/// </summary>
/// <param name="self">This node.</param>
/// <param name="book">What the owner calls addresses.</param>
/// <param name="kinds">All kinds of conversations.</param>
/// <param name="hasMessages">There are messages of a conversation; from any thread.</param>
public sealed class Destinations(
    NodeAddress self, AddressBook book, IReadOnlyList<IConversationKind> kinds, Func<ConversationId, bool> hasMessages)
{
    /// <summary>The owner's own notes.</summary>
    public const string Self = "self";

    // Whoever writes does so again and again to the same one, and the disk need not be asked each time.
    private volatile Written? _latest;

    /// <summary>The conversation that a text names. From any thread.</summary>
    /// <exception cref="MessagingException">There is none.</exception>
    public ConversationId Resolve(string to)
    {
        if (to == Self)
            return ConversationId.With(self);
        int colon = to.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && kinds.Any(k => k.Prefix == to[..colon]))
        {
            return Find(to[(colon + 1)..], k => k.Prefix == to[..colon])
                ?? throw new MessagingException(Refusal.UnknownConversation,
                    $"there is no {to[..colon]} '{to[(colon + 1)..]}'");
        }

        if (book.TryFind(to, out NodeAddress named))
            return ConversationId.With(named);
        if (NodeAddress.TryParse(to, out NodeAddress address, out _))
        {
            if (_latest is { } latest && latest.To == address)
                return ConversationId.With(address);
            var direct = ConversationId.With(address);
            if (hasMessages(direct))
                _latest = new Written(address);
            else if (Find(to, static _ => true) is { } digits)
                return digits;
            return direct;
        }

        return Find(to, static _ => true) ?? ConversationId.With(book.Resolve(to));
    }

    /// <summary>
    /// A text names a user of a server, and nobody else: no alias, and no other conversation. From any thread.
    /// </summary>
    public bool IsUserOfServer(string to) => Servers.ServerNames.TryParse(to, out _, out _) && !book.TryFind(to, out _)
        && !kinds.Any(k => k.Kind != EnvelopeKind.Server && k.Find(to) is not null);

    /// <summary>What a conversation is called, as <see cref="Resolve"/> takes it.</summary>
    public string NameOf(ConversationId id)
    {
        if (id.IsDirect)
            return id.AsPeer == self ? Self : book.AliasOf(id.AsPeer) ?? id.AsPeer.ToString();
        IConversationKind? kind = kinds.FirstOrDefault(k => k.Kind == id.Kind);
        string name = kind?.NameOf(id) ?? id.ToString();
        return kind?.Prefix is { } prefix ? $"{prefix}:{name}" : name;
    }

    private ConversationId? Find(string name, Func<IConversationKind, bool> which)
    {
        foreach (IConversationKind kind in kinds)
        {
            if (which(kind) && kind.Find(name) is { } found)
                return found;
        }

        foreach (IConversationKind kind in kinds)
        {
            if (which(kind) && Left(kind, name) is { } left)
                return left;
        }

        return null;
    }

    /// <summary>A conversation that was left, by the digits of its id.</summary>
    private ConversationId? Left(IConversationKind kind, string digits)
    {
        byte[] bytes = new byte[ConversationId.MaxSize];
        if (kind.Kind == EnvelopeKind.Sealed || digits.Length is 0 or > 2 * ConversationId.MaxSize
            || digits.Length % 2 != 0
            || Convert.FromHexString(digits, bytes, out _, out int size) != System.Buffers.OperationStatus.Done)
            return null;
        var id = new ConversationId(kind.Kind, bytes.AsSpan(0, size));
        return hasMessages(id) ? id : null;
    }

    /// <summary>Whoever there were messages of when it was named last.</summary>
    private sealed record Written(NodeAddress To);
}
