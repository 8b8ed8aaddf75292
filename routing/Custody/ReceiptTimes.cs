using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing.Custody;

/// <summary>
/// How long the receipts of a destination take. One that is late, because somebody withheld it, puts off nothing for
/// other destinations, and for its own not for long. A table of fixed size: a destination takes the place of another
/// with its hash.
/// </summary>
internal sealed class ReceiptTimes(HashSecret secret)
{
    private const int Places = 256;

    // The sixteenth of an hour; what takes longer is repeated sooner than it need be.
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    private readonly (NodeAddress Destination, TimeSpan Slowest)[] _places = new (NodeAddress, TimeSpan)[Places];

    /// <summary>The slowest lately; zero if nothing is known.</summary>
    public TimeSpan Of(in NodeAddress destination)
    {
        ref (NodeAddress Destination, TimeSpan Slowest) place = ref PlaceOf(destination);
        return place.Destination == destination ? place.Slowest : TimeSpan.Zero;
    }

    /// <summary>A receipt came: a slow one counts at once, quick ones after it wear it away.</summary>
    public void Note(in NodeAddress destination, TimeSpan took)
    {
        TimeSpan bounded = took < Longest ? took : Longest;
        TimeSpan before = Of(destination);
        PlaceOf(destination) = (destination, bounded > before ? bounded : before + (bounded - before) / 4);
    }

    private ref (NodeAddress Destination, TimeSpan Slowest) PlaceOf(in NodeAddress destination) =>
        ref _places[secret.Hash(destination.High, destination.Low) % Places];
}
