namespace QuicProChat.Mesh.Routing;

/// <summary>
/// A link as the router knows it: a small number that the owner hands out and reuses after the link is down.
/// </summary>
public readonly record struct LinkId(int Value)
{
    /// <summary>No link: this node itself.</summary>
    public static readonly LinkId None = new(-1);
}
