using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp;

/// <summary>
/// What every relay checks of appointments: one author, place and type keeps its newest record, and the signature
/// holds.
/// </summary>
public sealed class AppointmentRules : IGossipClassRules
{
    /// <summary>
    /// The upper byte of a place is the type, so that an author's announce never replaces its answers.
    /// </summary>
    private const int TypeShift = 56;

    /// <inheritdoc/>
    public bool TryReadPlace(in GossipRecord record, out GossipPlace place, out ulong sequence)
    {
        place = default;
        sequence = 0;
        if (!FappRecord.TryRead(record, out FappRecord read) || read.Place >> TypeShift != 0)
            return false;
        place = new GossipPlace(record.Topic, GossipId.Of(read.Author), (ulong)read.Type << TypeShift | read.Place);
        sequence = read.Sequence;
        return true;
    }

    /// <inheritdoc/>
    public bool Verify(in GossipRecord record) => FappRecord.TryRead(record, out FappRecord read) && read.Verify();
}
