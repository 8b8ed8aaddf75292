using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc.Connections;

/// <summary>
/// Which key each server had when it was first seen: a text file with a line <c>SERVER FINGERPRINT</c> for each, mode
/// 0600, replaced as a whole. A line is removed by hand, never by a question.
/// </summary>
/// <param name="path">The file; it need not exist.</param>
public sealed class PinFile(string path)
{
    // Arbitrary: nobody has so many accounts, and the file is read as a whole.
    private const int MaxBytes = 256 * 1024;

    private readonly Lock _lock = new();

    /// <summary>Where it is.</summary>
    public string Path { get; } = path;

    /// <summary>The fingerprint that a server is known by; null if it was never seen.</summary>
    /// <exception cref="IOException">The file cannot be read, or a line of it is none.</exception>
    public string? Find(string server)
    {
        lock (_lock)
        {
            foreach ((string name, string fingerprint) in Read())
            {
                if (name == server)
                    return fingerprint;
            }

            return null;
        }
    }

    /// <summary>Remembers a server that was never seen.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Add(string server, string fingerprint)
    {
        lock (_lock)
        {
            StringBuilder text = new();
            foreach ((string name, string known) in Read())
                text.Append(name).Append(' ').Append(known).Append('\n');
            text.Append(server).Append(' ').Append(fingerprint).Append('\n');
            string fresh = Path + ".new";
            FileStreamOptions options = new()
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (FileStream file = new(fresh, options))
            {
                file.Write(Encoding.UTF8.GetBytes(text.ToString()));
                file.Flush(flushToDisk: true);
            }

            File.Move(fresh, Path, overwrite: true);
            DurableDirectory.Flush(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        }
    }

    private List<(string Server, string Fingerprint)> Read()
    {
        List<(string, string)> pins = [];
        if (!File.Exists(Path))
            return pins;
        if (new FileInfo(Path).Length > MaxBytes)
            throw new IOException($"{Path} is too large to be a file of pinned keys.");
        foreach (string line in File.ReadAllLines(Path))
        {
            string[] parts = line.Split(' ');
            if (parts.Length != 2 || parts[1].Length != 64)
                throw new IOException($"{Path}: '{line}' is no line SERVER FINGERPRINT.");
            pins.Add((parts[0], parts[1]));
        }

        return pins;
    }
}
