using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Storage;

/// <summary>
/// Reads rows for the loop, which no row may end: what is damaged, or cannot be read because the disk fails, is as if
/// it were not there. It is counted with the damaged rows and logged by whoever listens to those.
/// </summary>
internal sealed class ContainedReader(StoreReader reader)
{
    internal byte[]? FindEnvelope(in EnvelopeId id)
    {
        try
        {
            return reader.FindEnvelope(id);
        }
        catch (StoreException e)
        {
            reader.Damage.Note("envelope", e.Message);
            return null;
        }
    }

    internal byte[]? FindGossip(in GossipId id)
    {
        try
        {
            return reader.FindGossip(id);
        }
        catch (StoreException e)
        {
            reader.Damage.Note("gossip", e.Message);
            return null;
        }
    }

    internal StoredMessage? FindMessage(in EnvelopeId id)
    {
        try
        {
            return reader.FindMessage(id);
        }
        catch (StoreException e)
        {
            reader.Damage.Note("message", e.Message);
            return null;
        }
    }

    internal Standing StandingOf(in NodeAddress address)
    {
        try
        {
            return reader.StandingOf(address);
        }
        catch (StoreException e)
        {
            reader.Damage.Note("peer", e.Message);
            return Standing.Stranger;
        }
    }

    internal bool IsDropped(in EnvelopeId id)
    {
        try
        {
            return reader.IsDropped(id);
        }
        catch (StoreException e)
        {
            reader.Damage.Note("erased", e.Message);
            return false;
        }
    }

    /// <summary>Who sent an envelope that was opened before; null if it was not.</summary>
    internal NodeAddress? FindOpened(EnvelopeKind kind, in EnvelopeId id)
    {
        try
        {
            return reader.FindOpened(kind, id);
        }
        catch (StoreException e)
        {
            reader.Damage.Note("opened", e.Message);
            return null;
        }
    }
}
