using System.Buffers.Binary;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>Files as messaging knows them, and as rows.</summary>
internal static class FileRows
{
    internal static StoredFile Write(FileEntry file) =>
        new(file.Message, BytesOf(file.Blob), (int)file.State, file.OverRadio, file.Have.Bytes.ToArray());

    /// <summary>A file and what is known of it; null where the row makes no sense for the offer.</summary>
    internal static FileEntry? Read(StoredFile stored, Message message, FileOfferContent offer)
    {
        if (!FileEntry.IsPossible(offer) || stored.State is < (int)FileState.Fetching or > (int)FileState.Uploading
            || ChunkSet.TryRead(stored.Have.Span, Wire.Files.FileFormat.ChunksOf((long)offer.FileSize)) is not { } have)
            return null;
        var state = (FileState)stored.State;
        return new FileEntry(message, offer, BlobOf(stored.Blob.Span), have)
        {
            State = state == FileState.Whole && !have.IsWhole ? FileState.Fetching : state,
            OverRadio = stored.OverRadio,
            SavedAs = stored.Saved,
        };
    }

    internal static byte[] BytesOf(BlobId blob)
    {
        byte[] bytes = new byte[BlobId.Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, blob.Value);
        return bytes;
    }

    internal static BlobId BlobOf(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));
}
