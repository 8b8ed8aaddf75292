using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>
/// What the owner read on one device is read on the others (docs/reference/server-conversations.md, section 10). Marks
/// go through a group of one person's devices, which nobody else sees: the others of a conversation learn nothing of
/// it, also if they and the server put together what they have.
/// </content>
public sealed partial class ServerConversations
{
    /// <summary>Marks of messages that have not come yet, at most; the oldest give way. Arbitrary.</summary>
    private const int MaxEarlyMarks = 1024;

    private readonly HashSet<EnvelopeId> _readElsewhere = [];
    private readonly Queue<EnvelopeId> _earlyMarks = [];

    /// <summary>Tells the account's other devices that messages were read; there need be none.</summary>
    /// <param name="conversation">Where.</param>
    /// <param name="read">The messages.</param>
    public Task<bool> TellReadAsync(ConversationId conversation, IReadOnlyList<EnvelopeId> read) => DoAsync(
        (now, transaction) =>
    {
        if (!_entries.TryGetValue(conversation, out ServerEntry? entry)
            || DevicesOf(entry.Server) is not { Ready: not null } devices)
            return false;
        foreach (EnvelopeId[] some in read.Chunk(ServerPayload.MaxMarks))
        {
            byte[] plain = ServerPayload.OfMarks(some);
            if (!devices.Outbox.HasRoomFor((2 * plain.Length) + MaxOverhead))
                break;
            devices.Outbox.Add(
                new ServerOutgoing(Draw(), Draw(), _context.Time.GetUtcNow(), now + LeaveLifetime) { Plain = plain });
        }

        SealWaiting(devices);
        transaction.Touch(devices, spent: true);
        transaction.WhenWritten(at => Advance(at, devices));
        return true;
    });

    /// <summary>The group of an account's devices; null while there is none.</summary>
    private ServerEntry? DevicesOf(string server) => Of(server).FirstOrDefault(e => e.IsOfDevices);

    /// <summary>Founds the group of an account's devices; they come into it as into any other.</summary>
    private void FoundDevices(ServerAccount account, MessageTransaction transaction)
    {
        if (DevicesOf(account.Server) is not null)
            return;
        byte[] id = new byte[MeshGroupId.Size];
        _self.Random(id);
        var entry = new ServerEntry(_self, ServerIds.Group(account.Server, id), account.Server, null, () => _now)
        {
            IsAccepted = true,
            Domain = account.Domain,
        };
        var terms = new ServerTerms(account.Identity, ServerTerms.OfDevices) { Domain = account.Domain };
        entry.Add(_self.Found(id, terms, account), isFirst: true);
        Add(entry);
        transaction.Touch(entry, spent: true);
    }

    /// <summary>Whether a Welcome is into a group of this account's devices, by the first one.</summary>
    private static bool IsIntoDevices(ServerAccount account, StagedWelcome staged, ServerTerms terms) =>
        terms.Name == ServerTerms.OfDevices && staged.Inviter.Leaf.SignatureKey.Span.SequenceEqual(account.Identity)
        && terms.Founder.Span.SequenceEqual(account.Identity) && DeviceLeaf.PersonsOf(staged.State.Members).Count == 1;

    private bool TakeMarks(ServerEntry entry, ReadOnlySpan<byte> data, MessageTransaction transaction)
    {
        if (!entry.IsOfDevices)
            return false;
        List<EnvelopeId> read = ServerPayload.MarksIn(data);
        foreach (EnvelopeId early in read.Where(m => _context.Store.FindMessage(m) is null))
        {
            if (_readElsewhere.Add(early))
                _earlyMarks.Enqueue(early);
            if (_earlyMarks.Count > MaxEarlyMarks)
                _readElsewhere.Remove(_earlyMarks.Dequeue());
        }

        transaction.WhenWritten(_ => MarkRead(entry.Server, read));
        return true;
    }

    /// <summary>Marks messages as read here.</summary>
    private void MarkRead(string server, IEnumerable<EnvelopeId> messages)
    {
        EnvelopeId[] here = [.. messages.Where(m => _context.Store.FindMessage(m) is { Outgoing: false } message
            && _entries.TryGetValue(message.Conversation, out ServerEntry? entry) && entry.Server == server)];
        if (here.Length == 0)
            return;
        _context.Store.MarkRead(here, (_, read) =>
        {
            if (read is null || !_context.Events.HasListeners)
                return;
            foreach (IGrouping<ConversationId, Message> some in read.GroupBy(m => m.Conversation))
                _context.Events.Publish(new ConversationRead(some.Key, some.Count(), _context.Time.GetUtcNow()));
        });
    }
}
