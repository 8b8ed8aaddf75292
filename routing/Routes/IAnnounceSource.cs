using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing;

/// <summary>Signs this node's own announce; the name and capabilities are the implementation's business.</summary>
public interface IAnnounceSource
{
    /// <summary>A freshly signed announce with the given sequence.</summary>
    Announce Create(uint sequence);
}
