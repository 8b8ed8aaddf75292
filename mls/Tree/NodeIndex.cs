using System.Numerics;

namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>
/// The position of a node in the array of all nodes: leaves even, parents odd (RFC 9420, appendix C).
/// </summary>
public readonly record struct NodeIndex(uint Value)
{
    /// <summary>0 for a leaf, one more for each level above.</summary>
    public int Level => BitOperations.TrailingZeroCount(~Value);

    /// <summary>True for a leaf.</summary>
    public bool IsLeaf => (Value & 1) == 0;
}
