using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>Everybody has one level, but for those named.</summary>
internal sealed class FakeLevels(Level standard = Level.Card) : ILevels
{
    internal Dictionary<string, Level> Named { get; } = [];

    public bool Take(FappRecordType type, ReadOnlySpan<byte> author, ReadOnlySpan<byte> body) => body[0] != 0xFF;

    public Level Of(ReadOnlySpan<byte> author, ReadOnlySpan<byte> attestation, long? unixSeconds) =>
        Named.GetValueOrDefault(Convert.ToHexString(author), standard);

    public IReadOnlyList<MeshKey> RivalsOf(ReadOnlySpan<byte> author, long? unixSeconds) => [];
}

/// <summary>A line on which a PLZ is as many kilometres from another as its last two digits say.</summary>
internal sealed class FakePlaces : IPlaces
{
    public int? Distance(PostalCode from, PostalCode to) =>
        Math.Abs(int.Parse(from.ToString()[3..], System.Globalization.CultureInfo.InvariantCulture)
            - int.Parse(to.ToString()[3..], System.Globalization.CultureInfo.InvariantCulture));
}
