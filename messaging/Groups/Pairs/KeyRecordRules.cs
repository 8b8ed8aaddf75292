using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Pairs;

/// <summary>
/// What every relay checks of KeyPackages: one author and suite keeps its newest record, and the signature holds.
/// </summary>
public sealed class KeyRecordRules : IGossipClassRules
{
    /// <inheritdoc/>
    public bool TryReadPlace(in GossipRecord record, out GossipPlace place, out ulong sequence)
    {
        place = default;
        sequence = 0;
        if (!KeyRecord.TryRead(record, out KeyRecord read))
            return false;
        place = new GossipPlace(record.Topic, GossipId.Of(read.Author), (ulong)read.Suite);
        sequence = read.Sequence;
        return true;
    }

    /// <inheritdoc/>
    public bool Verify(in GossipRecord record) => KeyRecord.TryRead(record, out KeyRecord read) && read.Verify();
}
