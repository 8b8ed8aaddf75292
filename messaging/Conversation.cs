using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging;

/// <summary>A conversation as it can be shown; each kind adds what only it has.</summary>
/// <param name="Id">Which it is.</param>
/// <param name="Name">What this node's owner calls it.</param>
public record Conversation(ConversationId Id, string Name);

/// <summary>
/// The keys and members of a conversation: as they are, and as they were stored last. A transaction that fails takes
/// them
/// back to what is on disk, except that keys which were used stay used.
/// </summary>
/// <remarks>
/// A state is one main value, and pieces beside it: small ones, that change with a text while the main one does not.
/// </remarks>
public abstract class ConversationState(ConversationId id) : IDisposable
{
    private byte[] _stored = [];
    private StatePieces _pieces = new();

    /// <summary>Which conversation it is.</summary>
    public ConversationId Id { get; } = id;

    /// <summary>It has been on disk.</summary>
    public bool IsStored => _stored.Length > 0;

    /// <summary>What was stored last; empty if nothing was. Secret.</summary>
    protected ReadOnlySpan<byte> Stored => _stored;

    /// <summary>The pieces that were stored last. Secret.</summary>
    protected StatePieces Pieces => _pieces;

    /// <summary>What is on disk is of another format, or of another state: all of it has to be written.</summary>
    protected virtual bool IsReplaced => false;

    /// <summary>The main value as the store is to keep it. Secret.</summary>
    public abstract byte[] Save();

    /// <summary>Names the pieces that are to be written. Secret; the values are zeroed when they were copied.</summary>
    /// <param name="withMain">The main value is written too.</param>
    /// <param name="all">All of them, and not only those that changed.</param>
    /// <param name="changes">Receives their values; null: the piece goes.</param>
    /// <returns>Whether the main value has to be written too.</returns>
    protected virtual bool SavePieces(bool withMain, bool all, Dictionary<string, byte[]?> changes) => withMain;

    /// <summary>The write failed: back to what was stored, except that spent keys stay spent.</summary>
    public abstract void GoBack();

    /// <summary>The state as it is now, to be written.</summary>
    /// <param name="spent">A key of this node was used.</param>
    /// <param name="withMain">Not only pieces of it changed.</param>
    internal MessageTransaction.FrozenState Freeze(bool spent, bool withMain)
    {
        bool all = !IsStored || IsReplaced;
        var changes = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        bool main = SavePieces(withMain || all, all, changes);
        IReadOnlyList<PieceWrite> pieces = _pieces.Change(changes, all);
        foreach (byte[]? copied in changes.Values)
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(copied);
        return new MessageTransaction.FrozenState(this, main ? Save() : null, spent)
        {
            Pieces = pieces,
            IsFirst = !IsStored,
        };
    }

    /// <summary>It is on disk now; takes the bytes over.</summary>
    internal void WasStored(in MessageTransaction.FrozenState frozen)
    {
        if (frozen.Bytes is not null)
            WasStored(frozen.Bytes);
        _pieces.Written(frozen.Pieces);
        Replaced();
    }

    /// <summary>It is not on disk: <see cref="GoBack"/> follows.</summary>
    internal void WasNotStored(in MessageTransaction.FrozenState frozen)
    {
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(frozen.Bytes);
        _pieces.NotWritten(frozen.Pieces);
    }

    /// <summary>All of it is on disk, if it was to be.</summary>
    protected virtual void Replaced()
    {
    }

    /// <summary>It was read from the disk; takes the bytes over.</summary>
    internal void WasRead(byte[] stored, StatePieces pieces)
    {
        WasStored(stored);
        _pieces = pieces;
    }

    /// <summary>The main value is on disk now; takes the bytes over.</summary>
    public void WasStored(byte[] stored)
    {
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(_stored);
        _stored = stored;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Zeroes what is secret.</summary>
    protected virtual void Dispose(bool disposing)
    {
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(_stored);
        _pieces.Clear();
    }
}
