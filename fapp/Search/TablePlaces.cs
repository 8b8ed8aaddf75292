using QuicProChat.Mesh.Fapp.Places;
using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Search;

/// <summary>Distances by the table in the program.</summary>
public sealed class TablePlaces : IPlaces
{
    /// <inheritdoc/>
    public int? Distance(PostalCode from, PostalCode to) =>
        PlaceTable.KilometresBetween(from, to) is { } kilometres ? (int)Math.Round(kilometres) : null;
}
