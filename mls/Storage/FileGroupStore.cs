using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Storage;

namespace QuicProChat.Mesh.Mls;

/// <summary>
/// A store of files in one directory of its own, one file a value. A change of one value is a new file renamed over the
/// old. A change of several is first written whole into a journal; once the journal has its name, the change has
/// happened. Whatever interrupts the rest, be it a crash or a full disk, is finished before anything else is read or
/// written. Replaced and deleted files are overwritten with zeros, which is as much as a file system lets one do.
/// The values are not encrypted: the directory is for its owner only, and belongs on an encrypted disk.
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

    /// <summary>Whether a journal may be there whose changes are not all applied.</summary>
    private bool _journalLeft = true;

    /// <summary>Opens a store, creating the directory if need be, and finishes an interrupted change.</summary>
    /// <param name="directory">A directory for nothing else.</param>
    /// <exception cref="IOException">The directory cannot be used, or another process uses it.</exception>
    /// <exception cref="InvalidDataException">The journal of an interrupted change is damaged.</exception>
    public FileGroupStore(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
        DirectoryInfo info = OperatingSystem.IsWindows()
            ? Directory.CreateDirectory(_directory)
            : Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute);
        _lock = new FileStream(Path.Combine(info.FullName, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite,
            FileShare.None);
        try
        {
            foreach (string leftover in Directory.EnumerateFiles(_directory, "*" + TemporarySuffix))
                Erase(leftover);
            FinishJournal();
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>Called before each step that changes a file; a test makes it fail.</summary>
    internal Action? BeforeStep { get; set; }

    /// <inheritdoc/>
    /// <remarks>
    /// After an exception the change may have happened or not; reading tells, and what has happened is never taken
    /// back.
    /// </remarks>
    public void Write(IReadOnlyList<StoreChange> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        foreach (StoreChange change in changes)
            CheckKey(change.Key);
        FinishJournal();
        if (changes.Count > 1)
        {
            byte[] journal = StoreJournal.Encode(changes);
            _journalLeft = true;
            try
            {
                Replace(PathOf(JournalName), journal);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(journal);
            }
        }
        Apply(changes);
        if (_journalLeft)
            DropJournal();
        DurableDirectory.Flush(_directory);
    }

    /// <inheritdoc/>
    public byte[]? Read(string key)
    {
        CheckKey(key);
        FinishJournal();
        string path = PathOf(FileName(key));
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Keys(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        FinishJournal();
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

    // A journal that is left over is older than anything that could be written now. Applied after it, it would take
    // keys back that were used since.
    private void FinishJournal()
    {
        if (!_journalLeft)
            return;
        string path = PathOf(JournalName);
        if (File.Exists(path))
        {
            byte[] journal = File.ReadAllBytes(path);
            try
            {
                Apply(StoreJournal.Decode(journal)
                    ?? throw new InvalidDataException($"The journal of the MLS store in '{_directory}' is damaged."));
            }
            finally
            {
                CryptographicOperations.ZeroMemory(journal);
            }
            DropJournal();
            DurableDirectory.Flush(_directory);
        }
        _journalLeft = false;
    }

    private void DropJournal()
    {
        Delete(PathOf(JournalName));
        _journalLeft = false;
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
        BeforeStep?.Invoke();
        using (FileStream file = new(temporary, NewFile()))
        {
            file.Write(content);
            BeforeStep?.Invoke();
            file.Flush(flushToDisk: true);
        }
        using FileStream? old = File.Exists(path) ? OpenToOverwrite(path) : null;
        BeforeStep?.Invoke();
        File.Move(temporary, path, overwrite: true);
        BeforeStep?.Invoke();
        DurableDirectory.Flush(_directory);
        if (old is not null)
            Overwrite(old);
    }

    private void Delete(string path)
    {
        if (!File.Exists(path))
            return;
        using FileStream old = OpenToOverwrite(path);
        BeforeStep?.Invoke();
        File.Delete(path);
        BeforeStep?.Invoke();
        DurableDirectory.Flush(_directory);
        Overwrite(old);
    }

    private void Erase(string path)
    {
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write))
            Overwrite(file);
        File.Delete(path);
    }

    private void Overwrite(FileStream file)
    {
        BeforeStep?.Invoke();
        Span<byte> zeros = stackalloc byte[4096];
        zeros.Clear();
        for (long left = file.Length; left > 0; left -= zeros.Length)
            file.Write(zeros[..(int)Math.Min(left, zeros.Length)]);
        file.Flush(flushToDisk: true);
    }

    private static FileStream OpenToOverwrite(string path) =>
        new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

    private static FileStreamOptions NewFile()
    {
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
