namespace QuicProChat.Mesh.Mls.Tree;

/// <summary>The position of a member among the leaves of the ratchet tree, from 0.</summary>
public readonly record struct LeafIndex(uint Value)
{
    /// <summary>The leaf's position in the array of all nodes (RFC 9420, appendix C).</summary>
    public NodeIndex ToNode() => new(Value * 2);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
