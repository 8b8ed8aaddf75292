using System.Text;
using QuicProChat.Mesh.Store.Sqlite;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Files.
public sealed partial class StoreReader
{
    /// <summary>Bytes of the name of a file's bytes.</summary>
    private const int BlobSize = 16;

    /// <summary>What there is of files. A row that is damaged is left out.</summary>
    public IReadOnlyList<StoredFile> Files() => ReadAll(
        "file", "SELECT message, blob, state, over_radio, have, saved FROM file", row =>
        {
            EnvelopeId message = EnvelopeId.Read(row.Blob(0, EnvelopeId.Size));
            return new StoredFile(
                message, row.Blob(1, BlobSize).ToArray(), (int)row.Long(2), row.Long(3) != 0, row.Blob(4).ToArray())
            {
                Saved = SavedName(message, row, 5),
            };
        });

    /// <summary>Bytes of files that are to be deleted, because their messages or the files are gone.</summary>
    /// <param name="limit">How many at most.</param>
    public IReadOnlyList<ErasedFile> ErasedFiles(int limit) => ReadAll(
        "erased_file", $"SELECT blob, message, saved FROM erased_file LIMIT {Math.Max(0, limit)}", row =>
        {
            EnvelopeId message = EnvelopeId.Read(row.Blob(1, EnvelopeId.Size));
            return new ErasedFile(row.Blob(0, BlobSize).ToArray(), message, SavedName(message, row, 2));
        });

    private string? SavedName(in EnvelopeId message, Statement row, int column) =>
        row.IsNull(column) ? null : Encoding.UTF8.GetString(
        _cipher.Open(AssociatedData.SavedFile(stackalloc byte[AssociatedData.MaxSize], message), row.Blob(column)));
}
