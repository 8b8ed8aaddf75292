using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Storage;

namespace QuicProChat.Mesh.Node.Files;

/// <summary>
/// Files that clients of the control socket bring, piece by piece: each is sealed as it comes, and lies on the disk in
/// no other form. A client brings bytes, never a path: nobody can have the daemon read what it may and the client may
/// not (docs/decisions/files.md). Any thread.
/// </summary>
internal sealed class FileUploads(FileBlobs blobs, RandomFill random, TimeProvider time) : IDisposable
{
    /// <summary>Uploads at a time. Arbitrary.</summary>
    private const int Max = 4;

    /// <summary>
    /// An upload that brings nothing for so long is given up where another wants its place. Arbitrary.
    /// </summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    private readonly Lock _guard = new();
    private readonly Dictionary<BlobId, Upload> _uploads = [];

    private sealed class Upload(byte[] key, FileSecrets secrets, string name, long size, byte[] thumbnail) : IDisposable
    {
        internal Lock Guard { get; } = new();

        internal byte[] Key { get; } = key;

        internal FileSecrets Secrets { get; } = secrets;

        internal FileSealer Sealer { get; } = new(secrets, size);

        internal string Name { get; } = name;

        internal long Size { get; } = size;

        internal byte[] Thumbnail { get; } = thumbnail;

        internal byte[] First { get; set; } = [];

        internal long UsedAt { get; set; }

        internal bool IsOver { get; set; }

        public void Dispose()
        {
            IsOver = true;
            CryptographicOperations.ZeroMemory(Key);
            Secrets.Dispose();
        }
    }

    /// <summary>Names a new upload; its room is to be reserved before it begins.</summary>
    internal BlobId Draw()
    {
        Span<byte> drawn = stackalloc byte[BlobId.Size];
        random(drawn);
        return FileRows.BlobOf(drawn);
    }

    /// <summary>Gives up what nothing was brought of for a minute; its room is free again.</summary>
    internal IReadOnlyList<BlobId> TakeIdle()
    {
        List<BlobId> idle = [];
        List<Upload> gone = [];
        lock (_guard)
        {
            foreach ((BlobId old, Upload upload) in _uploads)
            {
                if (time.GetElapsedTime(upload.UsedAt) >= Idle)
                {
                    idle.Add(old);
                    gone.Add(upload);
                }
            }

            foreach (BlobId old in idle)
                _uploads.Remove(old);
        }

        // Outside: whoever ends an upload holds that, and wants the list.
        foreach (Upload upload in gone)
        {
            lock (upload.Guard)
                upload.Dispose();
        }

        return idle;
    }

    /// <summary>Begins an upload.</summary>
    /// <exception cref="ControlException">There are too many.</exception>
    internal void Begin(BlobId id, string name, long size, byte[] thumbnail)
    {
        byte[] key = new byte[FileSecrets.KeySize];
        random(key);
        lock (_guard)
        {
            if (_uploads.Count >= Max)
                throw ControlException.Refused($"{Max} files are being brought already; try again when one has ended");
            _uploads[id] = new Upload(key, new FileSecrets(key), name, size,
                thumbnail)
            { UsedAt = time.GetTimestamp() };
        }
    }

    /// <summary>Takes bytes of a file.</summary>
    /// <returns>How many have come in all.</returns>
    /// <exception cref="ControlException">There is no such upload, or the disk fails.</exception>
    internal long Add(BlobId id, ReadOnlySpan<byte> bytes)
    {
        Upload upload = Find(id);
        lock (upload.Guard)
        {
            Check(upload);
            upload.UsedAt = time.GetTimestamp();
            if (upload.First.Length < MediaTypes.Looked)
                upload.First = [.. upload.First,
                    .. bytes[..Math.Min(bytes.Length, MediaTypes.Looked - upload.First.Length)]];
            try
            {
                upload.Sealer.Add(bytes, (chunk, whole) => blobs.Write(id, chunk, whole));
            }
            catch (IOException e)
            {
                throw ControlException.Refused($"the file cannot be kept: {FaultText.Of(e)}");
            }

            return upload.Sealer.Taken;
        }
    }

    /// <summary>Ends an upload.</summary>
    /// <returns>What is to be offered.</returns>
    /// <exception cref="ControlException">There is no such upload, or something of it is missing.</exception>
    internal FileOfferContent Finish(BlobId id)
    {
        Upload upload = Find(id);
        lock (upload.Guard)
        {
            Check(upload);
            try
            {
                byte[] root = upload.Sealer.Finish((chunk, whole) => blobs.Write(id, chunk, whole));
                var offer = new FileOfferContent(
                    (ulong)upload.Size, root, upload.Key.ToArray(), upload.Name, MediaTypes.Of(upload.First),
                    upload.Thumbnail);
                Forget(id);
                return offer;
            }
            catch (IOException e)
            {
                throw ControlException.Refused($"the file cannot be kept: {FaultText.Of(e)}");
            }
        }
    }

    /// <summary>How large a file is that is being brought.</summary>
    /// <exception cref="ControlException">There is no such upload.</exception>
    internal long SizeOf(BlobId id) => Find(id).Size;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_guard)
        {
            foreach (Upload upload in _uploads.Values)
                upload.Dispose();
            _uploads.Clear();
        }
    }

    private void Forget(BlobId id)
    {
        lock (_guard)
        {
            if (_uploads.Remove(id, out Upload? gone))
                gone.Dispose();
        }
    }

    private Upload Find(BlobId id)
    {
        lock (_guard)
        {
            return _uploads.GetValueOrDefault(id) ?? throw Unknown();
        }
    }

    private static void Check(Upload upload)
    {
        if (upload.IsOver)
            throw Unknown();
    }

    private static ControlException Unknown() =>
        ControlException.Refused(
            "there is no such upload: it ended, or was given up because nothing came of it for a minute and another "
                + "wanted its room");
}
