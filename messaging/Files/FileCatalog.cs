using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>
/// The files that this node has or wants, by their messages and by what their conversations call them.
/// </summary>
internal sealed class FileCatalog(FileBounds options)
{
    private readonly Dictionary<EnvelopeId, FileEntry> _byMessage = [];
    private readonly Dictionary<FileTag, FileEntry> _byTag = [];
    private readonly List<FileEntry> _withHashes = [];

    /// <summary>How many there are.</summary>
    internal int Count => _byMessage.Count;

    /// <summary>All of them.</summary>
    internal IReadOnlyCollection<FileEntry> All => _byMessage.Values;

    /// <summary>No more may be added.</summary>
    internal bool IsFull => Count >= options.MaxFiles;

    /// <summary>Adds a file; false if its message or its key is there already, or there are too many.</summary>
    internal bool TryAdd(FileEntry file)
    {
        // The same key in two offers: who made the second took it from the first.
        if (IsFull || _byMessage.ContainsKey(file.Message) || !_byTag.TryAdd(file.Secrets.Tag, file))
            return false;
        _byMessage.Add(file.Message, file);
        return true;
    }

    internal FileEntry? Find(in EnvelopeId message) => _byMessage.GetValueOrDefault(message);

    internal FileEntry? Find(in FileTag tag) => _byTag.GetValueOrDefault(tag);

    /// <summary>Takes a file out; its keys are zeroed.</summary>
    internal FileEntry? Remove(in EnvelopeId message)
    {
        if (!_byMessage.Remove(message, out FileEntry? gone))
            return null;
        _byTag.Remove(gone.Secrets.Tag);
        _withHashes.Remove(gone);
        gone.Hashes = null;
        gone.Dispose();
        return gone;
    }

    /// <summary>The hashes of a file are in use: those that were not for the longest time go.</summary>
    internal void Use(FileEntry file, FileHashes hashes)
    {
        file.Hashes = hashes;
        _withHashes.Remove(file);
        _withHashes.Add(file);
        for (int i = 0; i < _withHashes.Count && _withHashes.Count > options.MaxHashes; i++)
        {
            // Of what is fetched they are needed for every chunk; those are few.
            if (_withHashes[i].State == FileState.Fetching)
                continue;
            _withHashes[i].Hashes = null;
            _withHashes.RemoveAt(i--);
        }
    }
}
