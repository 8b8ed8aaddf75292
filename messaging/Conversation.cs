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
public abstract class ConversationState(ConversationId id) : IDisposable
{
    private byte[] _stored = [];

    /// <summary>Which conversation it is.</summary>
    public ConversationId Id { get; } = id;

    /// <summary>It has been on disk.</summary>
    public bool IsStored => _stored.Length > 0;

    /// <summary>What was stored last; empty if nothing was. Secret.</summary>
    protected ReadOnlySpan<byte> Stored => _stored;

    /// <summary>What the store is to keep. Secret.</summary>
    public abstract byte[] Save();

    /// <summary>The write failed: back to what was stored, except that spent keys stay spent.</summary>
    public abstract void GoBack();

    /// <summary>It is on disk now; takes the bytes over.</summary>
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
    protected virtual void Dispose(bool disposing) =>
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(_stored);
}
