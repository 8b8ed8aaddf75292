namespace QuicProChat.Mesh.Transports.Lora.Serial;

/// <summary>The mode pins of an EBYTE module.</summary>
public interface IModePins
{
    /// <summary>Sets both pins.</summary>
    /// <exception cref="IOException">The lines cannot be set.</exception>
    void Set(bool m0, bool m1);
}
