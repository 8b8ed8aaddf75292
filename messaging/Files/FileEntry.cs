using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Messaging.Files;

/// <summary>How far a file is on this node.</summary>
public enum FileState : byte
{
    /// <summary>Some chunks are here; the others are fetched, or will be.</summary>
    Fetching = 1,

    /// <summary>All of it is here.</summary>
    Whole = 2,

    /// <summary>It cannot be had: what its offer says does not fit together, or its bytes here are damaged.</summary>
    Failed = 3,

    /// <summary>All of it is here, and not yet on the server of its conversation, where the others fetch it.</summary>
    Uploading = 4,
}

/// <summary>Names the bytes of a file on this node's disk: 16 random bytes that never leave it.</summary>
public readonly record struct BlobId(UInt128 Value)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>32 hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>
/// A file whose bytes this node has, or wants. Its offer is a message; the entry goes when that goes, and its keys with
/// it.
/// </summary>
public sealed class FileEntry : IDisposable
{
    private readonly byte[] _root;

    /// <summary>Makes an entry of an offer.</summary>
    /// <param name="message">The message with the offer.</param>
    /// <param name="offer">The offer; <see cref="IsPossible"/> is true of it.</param>
    /// <param name="blob">Where its bytes are.</param>
    /// <param name="have">Which of them are there.</param>
    public FileEntry(Message message, FileOfferContent offer, BlobId blob, ChunkSet have)
    {
        (Message, Conversation, IsOwn, Blob, Have) = (message.Id, message.Conversation, message.Outgoing, blob, have);
        Author = message.Peer;
        Name = offer.Name;
        Size = (long)offer.FileSize;
        Secrets = new FileSecrets(offer.Key.Span);
        _root = offer.Root.ToArray();
    }

    /// <summary>The message with the offer.</summary>
    public EnvelopeId Message { get; }

    /// <summary>Where it was offered: its members may have it.</summary>
    public ConversationId Conversation { get; }

    /// <summary>Who offered it; for this node's own the receiver.</summary>
    public NodeAddress Author { get; }

    /// <summary>This node offered it.</summary>
    public bool IsOwn { get; }

    /// <summary>What its offer calls it.</summary>
    public string Name { get; }

    /// <summary>Bytes of the file.</summary>
    public long Size { get; }

    /// <summary>Where its bytes are on the disk.</summary>
    public BlobId Blob { get; }

    /// <summary>Which chunks are there.</summary>
    public ChunkSet Have { get; }

    /// <summary>How many chunks it has.</summary>
    public int Chunks => Have.Chunks;

    /// <summary>How far it is.</summary>
    public FileState State { get; set; }

    /// <summary>All of it is here.</summary>
    public bool IsHere => State is FileState.Whole or FileState.Uploading;

    /// <summary>Its bytes go over the server of its conversation.</summary>
    public bool IsOverServer => Conversation.Kind == EnvelopeKind.Server;

    /// <summary>Bytes of its chunks that the server of its conversation has, while they are brought there.</summary>
    public long Uploaded { get; set; }

    /// <summary>It may cross radios: the owner was asked.</summary>
    public bool OverRadio { get; init; }

    /// <summary>Why it does not go on, or how it ended, in one sentence; null where there is nothing to say.</summary>
    public string? Note { get; set; }

    /// <summary>Its name in the download folder; null where it was not written there.</summary>
    public string? SavedAs { get; set; }

    /// <summary>The root in the offer, 32 bytes.</summary>
    public ReadOnlySpan<byte> Root => _root;

    /// <summary>Its keys.</summary>
    public FileSecrets Secrets { get; }

    /// <summary>The hashes of its chunks, where they are in memory.</summary>
    internal FileHashes? Hashes { get; set; }

    /// <summary>Bytes that it takes on the disk when all of it is there.</summary>
    public long SpaceOnDisk => (long)Chunks * FileFormat.ChunkSize;

    /// <summary>Bytes of the file that are here; rounded to chunks.</summary>
    public long Received => Have.IsWhole ? Size : Math.Min(Size, Math.Max(0, Have.Count - 1L) * FileFormat.DataSize);

    /// <summary>Whether an offer is one of a file that can be: its size fits into a list of hashes.</summary>
    public static bool IsPossible(FileOfferContent offer) => offer.FileSize <= FileFormat.MaxFileSize;

    /// <summary>Zeroes the keys.</summary>
    public void Dispose() => Secrets.Dispose();
}
