using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// Reads files whose names somebody wrote down: what such a name leads to may have no end, and says of itself that it
/// is empty.
/// </summary>
public static class BoundedFile
{
    /// <summary>All of a file. The bytes may be secret: whoever asked zeroes them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Bytes that it may have.</param>
    /// <exception cref="IOException">It cannot be read, or has more.</exception>
    public static byte[] Read(string path, int most)
    {
        byte[] read = ReadStart(path, most + 1);
        if (read.Length <= most)
            return read;
        CryptographicOperations.ZeroMemory(read);
        throw new IOException($"{path} has more than {most} bytes");
    }

    /// <summary>
    /// The first bytes of a file, or all of it if it has fewer. They may be secret: whoever asked zeroes them.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Bytes that are read.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] ReadStart(string path, int most)
    {
        byte[] buffer = new byte[most];
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            int length = file.ReadAtLeast(buffer, most, throwOnEndOfStream: false);
            return buffer[..length];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
