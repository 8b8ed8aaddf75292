using System.Text;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Store;

// Files: what may stand between Begin and Commit, like the rest. Their bytes are not the store's.
public sealed partial class MeshStore
{
    /// <summary>
    /// Keeps what there is of a file, beside the message with its offer. Nothing happens where there is no such
    /// message, or it has a file already.
    /// </summary>
    public void PutFile(StoredFile file) => _statements.PutFile
        .Bind(1, file.BlobBytes).Bind(2, file.State).Bind(3, file.OverRadio ? 1 : 0).Bind(4, file.Have.Span)
        .Bind(5, file.Message).Run();

    /// <summary>Changes how far a file is; nothing happens where it is gone.</summary>
    public void ChangeFile(StoredFile file) => _statements.ChangeFile
        .Bind(1, file.State).Bind(2, file.Have.Span).Bind(3, file.Message).Bind(4, file.BlobBytes).Run();

    /// <summary>
    /// Keeps under which name a file was written into the download folder, so that it goes with its message.
    /// </summary>
    public void SaveFile(in EnvelopeId message, string name)
    {
        byte[] plain = Encoding.UTF8.GetBytes(name);
        byte[] sealedName = new byte[plain.Length + RowCipher.Overhead];
        _cipher.Seal(AssociatedData.SavedFile(stackalloc byte[AssociatedData.MaxSize], message), plain, sealedName);
        _statements.SaveFile.Bind(1, sealedName).Bind(2, message).Run();
    }

    /// <summary>
    /// Forgets a file; its message stays. The name of its bytes is among <see cref="StoreReader.ErasedFiles"/>.
    /// </summary>
    public void DeleteFile(in EnvelopeId message) => _statements.DeleteFile.Bind(1, message).Run();

    /// <summary>The bytes of a file that is gone are gone too.</summary>
    public void ForgetErasedFile(ReadOnlySpan<byte> blob) => _statements.DeleteErasedFile.Bind(1, blob).Run();
}
