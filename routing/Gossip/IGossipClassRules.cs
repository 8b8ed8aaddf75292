using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Gossip;

/// <summary>Whose record it is and where it belongs: only the one with the highest sequence is kept.</summary>
/// <param name="Topic">What it is about.</param>
/// <param name="Author">A hash of the author's public key.</param>
/// <param name="Place">Which of the author's places in the topic.</param>
public readonly record struct GossipPlace(GossipTopic Topic, GossipId Author, ulong Place);

/// <summary>What relays check of the records of a class, without understanding what they are for.</summary>
public interface IGossipClassRules
{
    /// <summary>
    /// Reads where a record belongs and its sequence; false if its payload is not one of this class. Cheap.
    /// </summary>
    bool TryReadPlace(in GossipRecord record, out GossipPlace place, out ulong sequence);

    /// <summary>Whether the author that the record names signed it. Dear: a signature is checked.</summary>
    bool Verify(in GossipRecord record);
}
