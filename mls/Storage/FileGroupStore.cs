using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// A store of files in one directory of its own, one file a value. A change of one value is a new file renamed over the old.
/// A change of several is first written whole into a journal; once the journal has its name, the change has happened, and
/// opening the store finishes what a crash interrupted. Replaced and deleted files are overwritten with zeros first, which
/// is as much as a file system lets one do.
/// </summary>
public sealed class FileGroupStore : IGroupStore, IDisposable
{
    private const string JournalName = "journal";
    private const string LockName = "lock";
    private const string TemporarySuffix = ".tmp";
    private const string ValueSuffix = ".v";
    private const int MaxKeyLength = 150;

    private readonly string _directory;
    private readonly FileStream _lock;

    /// <summary>Opens a store, creating the directory if need be, and finishes an interrupted change.</summary>
    /// <param name="directory">A directory for nothing else.</param>
    /// <exception cref="IOException">The directory cannot be used, or another process uses it.</exception>
    public FileGroupStore(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
        DirectoryInfo info = OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(_directory)
            : Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _lock = new FileStream(Path.Combine(info.FullName, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            foreach (string leftover in Directory.EnumerateFiles(_directory, "*" + TemporarySuffix))
                Erase(leftover);
            Recover();
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Write(IReadOnlyList<StoreChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (StoreChange change in changes)
            CheckKey(change.Key);
        if (changes.Count > 1)
        {
            byte[] journal = Journal.Encode(changes);
            Replace(PathOf(JournalName), journal);
            CryptographicOperations.ZeroMemory(journal);
        }
        Apply(changes);
        if (changes.Count > 1)
            Delete(PathOf(JournalName));
        DurableDirectory.Flush(_directory);
    }

    /// <inheritdoc/>
    public byte[]? Read(string key)
    {
        CheckKey(key);
        string path = PathOf(FileName(key));
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Keys(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return [.. Directory.EnumerateFiles(_directory, "*" + ValueSuffix)
            .Select(path => Path.GetFileName(path)[..^ValueSuffix.Length].Replace('.', '/'))
            .Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Lets go of the directory.</summary>
    public void Dispose() => _lock.Dispose();

    private static string FileName(string key) => key.Replace('/', '.') + ValueSuffix;

    private static void CheckKey(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        foreach (char c in key)
        {
            if (c is not (>= 'a' and <= 'z' or >= '0' and <= '9' or '/' or '-'))
                throw new ArgumentException($"A key may not hold '{c}'.", nameof(key));
        }
        if (key.Length > MaxKeyLength)
            throw new ArgumentException($"A key may have {MaxKeyLength} characters.", nameof(key));
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

    private void Recover()
    {
        string path = PathOf(JournalName);
        if (!File.Exists(path))
            return;
        IReadOnlyList<StoreChange> changes = Journal.Decode(File.ReadAllBytes(path))
            ?? throw new InvalidDataException($"The journal of the MLS store in '{_directory}' is damaged.");
        Apply(changes);
        Delete(path);
        DurableDirectory.Flush(_directory);
    }

    private void Apply(IReadOnlyList<StoreChange> changes)
    {
        foreach (StoreChange change in changes)
        {
            string path = PathOf(FileName(change.Key));
            if (change.Value is { } value)
                Replace(path, value.Span);
            else
                Delete(path);
        }
    }

    // The new content under another name, durable; then the name; then the old content, still open, is overwritten.
    private void Replace(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + TemporarySuffix;
        using (FileStream file = new(temporary, NewFile()))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        using FileStream? old = File.Exists(path) ? new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete) : null;
        File.Move(temporary, path, overwrite: true);
        DurableDirectory.Flush(_directory);
        if (old is not null)
            Overwrite(old);
    }

    private void Delete(string path)
    {
        if (!File.Exists(path))
            return;
        using FileStream old = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(path);
        DurableDirectory.Flush(_directory);
        Overwrite(old);
    }

    private static void Erase(string path)
    {
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write))
            Overwrite(file);
        File.Delete(path);
    }

    private static void Overwrite(FileStream file)
    {
        Span<byte> zeros = stackalloc byte[4096];
        zeros.Clear();
        for (long left = file.Length; left > 0; left -= zeros.Length)
            file.Write(zeros[..(int)Math.Min(left, zeros.Length)]);
        file.Flush(flushToDisk: true);
    }

    private static FileStreamOptions NewFile()
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    // "QMJ1"; uint32 count; each: uint8 key length, key, uint8 present, uint32 value length, value; SHA-256 of all before
    private static class Journal
    {
        internal static byte[] Encode(IReadOnlyList<StoreChange> changes)
        {
            using MemoryStream stream = new();
            Span<byte> number = stackalloc byte[4];
            stream.Write("QMJ1"u8);
            BinaryPrimitives.WriteInt32BigEndian(number, changes.Count);
            stream.Write(number);
            foreach (StoreChange change in changes)
            {
                byte[] key = System.Text.Encoding.ASCII.GetBytes(change.Key);
                stream.WriteByte((byte)key.Length);
                stream.Write(key);
                stream.WriteByte(change.Value is null ? (byte)0 : (byte)1);
                BinaryPrimitives.WriteInt32BigEndian(number, change.Value?.Length ?? 0);
                stream.Write(number);
                if (change.Value is { } value)
                    stream.Write(value.Span);
            }
            byte[] body = stream.ToArray();
            CryptographicOperations.ZeroMemory(stream.GetBuffer());
            byte[] whole = [.. body, .. SHA256.HashData(body)];
            CryptographicOperations.ZeroMemory(body);
            return whole;
        }

        internal static List<StoreChange>? Decode(byte[] bytes)
        {
            if (bytes.Length < 8 + 32 || !bytes.AsSpan(0, 4).SequenceEqual("QMJ1"u8)
                || !SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - 32)))
            {
                return null;
            }
            int count = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4));
            List<StoreChange> changes = [];
            int at = 8;
            for (int i = 0; i < count; i++)
            {
                int keyLength = bytes[at];
                string key = System.Text.Encoding.ASCII.GetString(bytes, at + 1, keyLength);
                at += 1 + keyLength;
                bool present = bytes[at] == 1;
                int length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 1));
                at += 5;
                ReadOnlyMemory<byte>? value = null;
                if (present)
                    value = bytes.AsMemory(at, length);
                changes.Add(new StoreChange(key, value));
                at += length;
            }
            return changes;
        }
    }
}
