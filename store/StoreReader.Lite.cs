using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// What is kept about MLS-Lite groups.
public sealed partial class StoreReader
{
    private readonly Statement _newestInGroup;
    private readonly Statement _liteSeen;

    /// <summary>The newest messages of a group, oldest first.</summary>
    public IReadOnlyList<StoredMessage> FindMessages(LiteGroupId group, int limit)
    {
        Span<byte> name = stackalloc byte[LiteGroupId.Size];
        group.Write(name);
        lock (_gate)
        {
            List<StoredMessage> messages = ReadMessages(_newestInGroup.Bind(1, name).Bind(2, limit), tolerant: true);
            messages.Reverse();
            return messages;
        }
    }

    /// <summary>Who sent an MLS-Lite envelope that was opened before; null if it was not, or too long ago.</summary>
    public NodeAddress? FindLiteSender(in EnvelopeId id)
    {
        lock (_gate)
        {
            _liteSeen.Bind(1, id);
            if (!_liteSeen.Step())
                return null;
            try
            {
                return NodeAddress.Read(_liteSeen.Blob(0, NodeAddress.Size));
            }
            finally
            {
                _liteSeen.Reset();
            }
        }
    }

    /// <summary>The states of all groups. Secret: the caller zeroes them.</summary>
    public IReadOnlyList<(LiteGroupId Id, byte[] State)> LiteGroups() => ReadAll(
        "lite_group", "SELECT id, state FROM lite_group ORDER BY id", row =>
    {
        LiteGroupId id = LiteGroupId.Read(row.Blob(0, LiteGroupId.Size));
        return (id, _cipher.Open(AssociatedData.LiteGroup(stackalloc byte[AssociatedData.MaxSize], id), row.Blob(1)));
    });

    /// <summary>The envelopes of messages to groups about which not everything is proven yet.</summary>
    public IReadOnlyList<LiteCopy> LiteCopies() => ReadAll(
        "lite_copy",
        "SELECT id, message, state FROM lite_copy WHERE message IN (SELECT id FROM message WHERE group_id IS NOT NULL AND state IN (0, 1))",
        row => new LiteCopy(
            EnvelopeId.Read(row.Blob(0, EnvelopeId.Size)), EnvelopeId.Read(row.Blob(1, EnvelopeId.Size)),
            (MessageState)Bounded(row, 2, (long)MessageState.Received)));

    /// <summary>The envelopes that could not be opened yet, oldest first.</summary>
    public IReadOnlyList<LiteWaiting> LiteWaiting() => ReadAll(
        "lite_waiting", "SELECT id, group_id, expires, header, payload FROM lite_waiting ORDER BY seq", row =>
        {
            EnvelopeId id = EnvelopeId.Read(row.Blob(0, EnvelopeId.Size));
            ReadOnlySpan<byte> header = row.Blob(3, EnvelopeHeader.Size);
            ReadOnlySpan<byte> associated = AssociatedData.Payload(stackalloc byte[AssociatedData.MaxSize], id, header);
            byte[] envelope = [.. header, .. _cipher.Open(associated, row.Blob(4))];
            LiteGroupId? group = row.Blob(1).IsEmpty ? null : LiteGroupId.Read(row.Blob(1, LiteGroupId.Size));
            return new LiteWaiting(id, group, RunningTime.Left(row.Long(2)), envelope);
        });
}
