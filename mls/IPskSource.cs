namespace QuicProChat.Mesh.Mls;

/// <summary>The application's external pre-shared keys (RFC 9420, section 8.4).</summary>
public interface IPskSource
{
    /// <summary>Finds a key by its id; null if there is none. The library keeps neither the array nor a copy.</summary>
    byte[]? Find(ReadOnlySpan<byte> id);
}
