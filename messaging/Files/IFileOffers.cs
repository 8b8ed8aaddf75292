using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>Who has to do with the files that messages offer. All members are called on the loop.</summary>
public interface IFileOffers
{
    /// <summary>An offer of this node becomes a message.</summary>
    /// <returns>The file that is written with it; null where this node does not have its bytes.</returns>
    FileEntry? Sent(Message message, FileOfferContent offer);

    /// <summary>The message with the offer is on the disk, and that the file is here too.</summary>
    void Kept(Instant now, FileEntry file);

    /// <summary>An offer of somebody else is on the disk, or was not kept.</summary>
    void Arrived(Instant now, InsertedMessage inserted, FileOfferContent offer);
}
