using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Routes;

/// <summary>Hashes names that anybody makes up, so that nobody can aim at one chain of a table.</summary>
/// <param name="key">Odd and secret.</param>
internal sealed class NameHash(ulong key) : IEqualityComparer<Abbreviation>
{
    /// <inheritdoc/>
    public bool Equals(Abbreviation x, Abbreviation y) => x == y;

    /// <inheritdoc/>
    public int GetHashCode(Abbreviation name) => (int)(name.Value * key >> 32);
}
