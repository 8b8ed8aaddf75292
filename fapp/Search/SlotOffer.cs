using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Search;

/// <summary>A slot that was found.</summary>
/// <param name="Author">The practice's public key, 32 bytes.</param>
/// <param name="Place">Which of its places.</param>
/// <param name="Announce">What it announced.</param>
/// <param name="Slot">The slot.</param>
/// <param name="Level">Who it is known to be.</param>
/// <param name="Age">Seconds since the announce came in.</param>
/// <param name="Distance">Kilometres from where the patient is; null where that is not known.</param>
public sealed record SlotOffer(
    byte[] Author, byte Place, SlotAnnounce Announce, Slot Slot, Level Level, long Age, int? Distance);

/// <summary>Where postal codes are.</summary>
public interface IPlaces
{
    /// <summary>Kilometres between two postal codes, by their centroids; null where one is not known.</summary>
    int? Distance(PostalCode from, PostalCode to);
}
