using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Node.Storage;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Files;

/// <summary>What an operator can set about files.</summary>
/// <param name="MaxBytes">Largest file, own and fetched, in bytes.</param>
/// <param name="AutoAcceptBytes">Files of contacts up to this size are fetched unasked; 0: none.</param>
/// <param name="Downloads">The folder that fetched files are written to in clear; null for none.</param>
internal sealed record FileSettings(long MaxBytes, long AutoAcceptBytes, DownloadFolder? Downloads);

/// <summary>
/// Stands between files, which do no I/O, and links, store and disk. All members but <see cref="Blobs"/> are for the
/// loop.
/// <code>
///  upload -> Expect -> offer becomes a message, Sent -> one transaction -> Kept -> members fetch
///  offer of others -> Arrived (unasked, if set) or Accept -> row -> FileTransfers -> whole -> download folder
///  message gone -> row gone, by the store -> Clean -> keys, bytes and download gone
/// </code>
/// </summary>
internal sealed class FileHost(
    FileTransfers transfers, FileSettings settings, FilePort port, FileBlobs blobs, FileUploads uploads,
    MeshStore store, StoreWriter writer,
    IMessageStore messages, IMessagingLoop loop, RandomFill random) : IFileOffers
{
    /// <summary>Rows of erased files that are handled at a time. Arbitrary.</summary>
    private const int ErasedTogether = 64;

    /// <summary>How often it is looked whether messages with files are gone, and what came is written down.</summary>
    private static readonly TimeSpan LookEach = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepEach = TimeSpan.FromSeconds(1);

    private readonly Dictionary<BlobId, long> _reserved = [];
    private readonly List<PendingOffer> _pending = [];
    private Instant _lookAt;
    private Instant _keepAt = Instant.Never;
    private bool _looking;
    private bool _looksAgain;

    private sealed record PendingOffer(FileOfferContent Offer, BlobId Blob, bool OverRadio);

    /// <summary>The files.</summary>
    internal FileTransfers Transfers => transfers;

    /// <summary>Their bytes.</summary>
    internal FileBlobs Blobs => blobs;

    /// <summary>Files that clients bring.</summary>
    internal FileUploads Uploads => uploads;

    /// <summary>What is set.</summary>
    internal FileSettings Settings => settings;

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    internal Instant NextDue => Instant.Min(
        transfers.NextDue, Instant.Min(_keepAt, _looking || transfers.Count == 0 ? Instant.Never : _lookAt));

    /// <summary>Takes back what survived the last run; called once, before the loop starts.</summary>
    internal void Restore(Instant now)
    {
        port.Attach(this);
        HashSet<BlobId> known = [];
        foreach (StoredFile stored in store.Reader.Files())
        {
            known.Add(FileRows.BlobOf(stored.Blob.Span));
            Message? message = messages.FindMessage(stored.Message);
            if (message?.Content.Plain is FileOfferContent offer && FileRows.Read(stored, message, offer) is { } file)
            {
                if (!transfers.TryAdd(now, file))
                    file.Dispose();
                else if (file.State == FileState.Whole)
                    Download(file);
            }
            else
                store.Damage.Note("file", $"The row of the file of message {stored.Message} fits no offer.");
        }

        // What was cut off goes aside; nobody waits for it, and where nothing is left over the loop has no work of it.
        foreach (ErasedFile erased in store.Reader.ErasedFiles(int.MaxValue))
        {
            known.Add(FileRows.BlobOf(erased.Blob));
            Clean(erased);
        }

        List<BlobId> leftOver = [];
        Contained(() => leftOver = blobs.LeftOver(known));
        if (leftOver.Count > 0)
            loop.RunAside(() => leftOver.ForEach(blobs.Delete), static _ => { });
        _lookAt = now + LookEach;
    }

    /// <summary>Does what is due.</summary>
    internal void Tick(Instant now)
    {
        transfers.Tick(now);
        if (now >= _keepAt)
            KeepAll();
        if (!_looking && transfers.Count > 0 && now >= _lookAt)
            Look(now);
    }

    /// <summary>Takes room on the disk for an upload or a file to fetch; why there is none, or null.</summary>
    /// <param name="blob">Which bytes it is for.</param>
    /// <param name="size">Bytes of the file.</param>
    /// <param name="parts">Only so many parts of the room may be in use with it: half of it for what nobody asked
    /// for.</param>
    internal string? Reserve(BlobId blob, long size, int parts = 1)
    {
        if (size > settings.MaxBytes)
            return $"a file may have {Sizes.Of(settings.MaxBytes)} (fileMaxBytes), and this one has {Sizes.Of(size)}";
        foreach (BlobId idle in uploads.TakeIdle())
            GiveUp(idle);
        long bytes = (long)Wire.Files.FileFormat.ChunksOf(size) * Wire.Files.FileFormat.ChunkSize;
        long used = transfers.SpaceOnDisk + _reserved.Values.Sum();
        if (used + bytes > store.Quota.Files / parts)
        {
            return $"files take {Sizes.Of(used)} of the {Sizes.Of(store.Quota.Files / parts)} that they may (3/16 of "
                + "diskBytes), and this one "
                + $"needs {Sizes.Of(bytes)}; 'file list' shows them, 'file cancel ID' and 'delete ID' make room";
        }

        if (blobs.Free / 2 < bytes)
            return $"the disk has {Sizes.Of(blobs.Free)} left, and twice the {Sizes.Of(bytes)} of this file have to "
                + "be free";
        _reserved[blob] = bytes;
        return null;
    }

    /// <summary>Room that was taken is not needed, and what is there is deleted.</summary>
    internal void GiveUp(BlobId blob)
    {
        _pending.RemoveAll(p => p.Blob == blob);
        if (_reserved.Remove(blob))
            loop.RunAside(() => blobs.Delete(blob), static _ => { });
    }

    /// <summary>An offer whose bytes are here will become a message.</summary>
    internal void Expect(FileOfferContent offer, BlobId blob, bool overRadio) =>
        _pending.Add(new PendingOffer(offer, blob, overRadio));

    /// <summary>
    /// The members of a conversation that are reached over a radio, or as slowly, with the time a file takes to them.
    /// </summary>
    internal IReadOnlyList<(NodeAddress Peer, TimeSpan Estimate)> SlowWays(
        Instant now, ConversationId conversation, long size)
    {
        var slow = new List<(NodeAddress, TimeSpan)>();
        foreach (NodeAddress member in port.MembersOf(conversation))
        {
            BulkWay way = port.WayOf(now, member);
            if (way is { IsThere: true, IsSlow: true })
                slow.Add((member,
                    way.Estimate((long)Wire.Files.FileFormat.ChunksOf(size) * Wire.Files.FileFormat.ChunkSize)));
        }

        return slow;
    }

    /// <summary>Members of a conversation that there is a way to.</summary>
    internal int InReach(Instant now, ConversationId conversation) =>
        port.MembersOf(conversation).Count(m => port.WayOf(now, m).IsThere);

    /// <summary>Begins to fetch a file that somebody offers.</summary>
    /// <param name="message">The message.</param>
    /// <param name="offer">Its offer.</param>
    /// <param name="overRadio">It may cross radios.</param>
    /// <param name="parts">As <see cref="Reserve"/>.</param>
    /// <param name="done">Told why it cannot be, or null.</param>
    internal void Accept(Message message, FileOfferContent offer, bool overRadio, int parts, Action<string?> done)
    {
        if (!FileEntry.IsPossible(offer))
        {
            done($"the offer says {offer.FileSize} bytes, and no file has more than {Wire.Files.FileFormat.MaxFileSize}");
            return;
        }

        Span<byte> drawn = stackalloc byte[BlobId.Size];
        random(drawn);
        BlobId blob = FileRows.BlobOf(drawn);
        if (Reserve(blob, (long)offer.FileSize, parts) is { } why)
        {
            done(why);
            return;
        }

        var file = new FileEntry(
            message, offer, blob, new ChunkSet(Wire.Files.FileFormat.ChunksOf((long)offer.FileSize)))
        {
            State = FileState.Fetching,
            OverRadio = overRadio,
        };
        StoredFile row = FileRows.Write(file);
        writer.Add(new FileWrite(s => s.PutFile(row), (now, written) =>
        {
            bool isAdded = written && transfers.TryAdd(now, file);
            _reserved.Remove(blob);
            if (!isAdded)
                file.Dispose();
            done(isAdded ? null : written ? "it is fetched already, or there are too many files"
                : "the store is full or failing");
            if (isAdded)
                port.Progressed(file);
        }));
    }

    /// <summary>Stops a file and deletes its bytes here; its message stays. False if there is none.</summary>
    internal bool Cancel(EnvelopeId message)
    {
        if (transfers.Find(message) is null)
            return false;
        writer.Add(new FileWrite(s => s.DeleteFile(message), (at, written) =>
        {
            // Whoever asks next is told that it is gone, though its bytes still go.
            if (written && transfers.Find(message) is { } file)
                Forget(file);
            Look(at);
        }));
        return true;
    }

    /// <summary>Messages may be gone: their files go at once.</summary>
    internal void Look(Instant now)
    {
        _lookAt = now + LookEach;
        if (_looking)
        {
            _looksAgain = true;
            return;
        }

        _looking = true;
        IReadOnlyList<ErasedFile> erased = [];
        loop.RunAside(() => erased = store.Reader.ErasedFiles(ErasedTogether), at =>
        {
            _looking = false;
            foreach (ErasedFile gone in erased)
                Clean(gone);
            if (erased.Count == ErasedTogether)
                _lookAt = at;
            if (_looksAgain)
            {
                _looksAgain = false;
                Look(at);
            }
        });
    }

    /// <inheritdoc/>
    public FileEntry? Sent(Message message, FileOfferContent offer)
    {
        if (_pending.Find(p => p.Offer.Root.Span.SequenceEqual(offer.Root.Span)) is not { } pending)
            return null;
        return new FileEntry(
            message, offer, pending.Blob, ChunkSet.Whole(Wire.Files.FileFormat.ChunksOf((long)offer.FileSize)))
        {
            State = message.Conversation.Kind == EnvelopeKind.Server ? FileState.Uploading : FileState.Whole,
            OverRadio = pending.OverRadio,
        };
    }

    /// <inheritdoc/>
    public void Kept(Instant now, FileEntry file)
    {
        _pending.RemoveAll(p => p.Blob == file.Blob);
        _reserved.Remove(file.Blob);
        if (!transfers.TryAdd(now, file))
            file.Dispose();
    }

    /// <inheritdoc/>
    public void Arrived(Instant now, InsertedMessage inserted, FileOfferContent offer)
    {
        Message message = inserted.Message;
        bool isWanted = inserted.Outcome == Insertion.Added && inserted.IsFromKnown && settings.AutoAcceptBytes > 0
            && offer.FileSize <= (ulong)settings.AutoAcceptBytes && message.Content.Plain is FileOfferContent;
        // Over a radio nothing comes unasked. Where it cannot be, it waits for the owner like any other.
        if (isWanted && !port.WayOf(now, message.Peer).IsSlow)
            Accept(message, offer, overRadio: false, parts: 2, static _ => { });
    }

    /// <summary>A file's state is to be written down.</summary>
    internal void Keep(FileEntry file)
    {
        // What is fetched is written now and then: a hash tells after a crash what is there.
        _keepAt = file.State == FileState.Fetching ? Instant.Min(_keepAt, port.Now + KeepEach) : port.Now;
        if (file.State == FileState.Whole)
            Download(file);
        port.Changed.Add(file);
    }

    private void KeepAll()
    {
        _keepAt = Instant.Never;
        StoredFile[] rows = [.. port.Changed.Select(FileRows.Write)];
        port.Changed.Clear();
        writer.Add(new FileWrite(s =>
        {
            foreach (StoredFile row in rows)
                s.ChangeFile(row);
        }));
    }

    private void Clean(ErasedFile gone)
    {
        BlobId blob = FileRows.BlobOf(gone.Blob);
        if (transfers.Find(gone.Message) is { } file && file.Blob == blob)
            Forget(file);
        bool isGone = false;
        loop.RunAside(
            () =>
            {
                blobs.Delete(blob);
                if (gone.Saved is { } saved)
                    settings.Downloads?.Delete(saved);
                isGone = true;
            },
            _ =>
            {
                // What could not be deleted is tried again with the next look.
                if (isGone)
                    writer.Add(new FileWrite(s => s.ForgetErasedFile(gone.Blob)));
            });
    }

    private void Forget(FileEntry file)
    {
        port.Changed.Remove(file);
        transfers.Remove(file.Message);
    }

    /// <summary>
    /// Writes a fetched file into the download folder: first its name into the store, so that it goes with its message.
    /// </summary>
    private void Download(FileEntry file)
    {
        if (settings.Downloads is not { } folder || file.IsOwn)
            return;
        if (file.SavedAs is { } saved)
        {
            if (folder.SizeOf(saved) != file.Size)
                WriteDownload(folder, file, saved);
            return;
        }

        string? name = null;
        loop.RunAside(() => name = folder.Reserve(file.Name), _ =>
        {
            if (name is not { } taken)
            {
                file.Note = "the download folder cannot be written to";
                return;
            }

            file.SavedAs = taken;
            writer.Add(new FileWrite(s => s.SaveFile(file.Message, taken), (_, written) =>
            {
                if (written)
                    WriteDownload(folder, file, taken);
                else
                    loop.RunAside(() => folder.Delete(taken), static _ => { });
            }));
        });
    }

    private void WriteDownload(DownloadFolder folder, FileEntry file, string name)
    {
        var plain = new FilePlain(file, blobs);
        bool isWritten = false;
        loop.RunAside(() => isWritten = folder.TryWrite(name, file.Blob, plain), now =>
        {
            if (transfers.Find(file.Message) != file)
                loop.RunAside(() => folder.Delete(name), static _ => { });
            else if (isWritten)
                port.Progressed(file);
            else if (plain.Damaged >= 0)
                transfers.Damaged(now, file, plain.Damaged);
            else
                file.Note = "the download folder is full or cannot be written to; 'file save' takes the file elsewhere";
        });
    }

    private void Contained(Action what)
    {
        try
        {
            what();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreException)
        {
            loop.Failed(e);
        }
    }
}
