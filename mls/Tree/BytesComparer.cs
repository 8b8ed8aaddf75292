namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// Compares byte strings by content; hashed with the process's random seed, so nobody can aim at collisions.
/// </summary>
internal sealed class BytesComparer : IEqualityComparer<ReadOnlyMemory<byte>>
{
    internal static readonly BytesComparer Instance = new();

    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode(ReadOnlyMemory<byte> value)
    {
        HashCode hash = default;
        hash.AddBytes(value.Span);
        return hash.ToHashCode();
    }
}
