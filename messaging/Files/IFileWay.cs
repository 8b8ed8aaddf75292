using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// Another way of files than the mesh: that of conversations on servers. All members are called on the loop.
/// </summary>
public interface IFileWay
{
    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    Instant NextDue { get; }

    /// <summary>Begins to bring an own file to where the others fetch it, or to fetch one of others.</summary>
    void Start(Instant now, FileEntry file);

    /// <summary>A file is gone, or has failed.</summary>
    void Stop(FileEntry file);

    /// <summary>Does what is due.</summary>
    void Tick(Instant now);
}
