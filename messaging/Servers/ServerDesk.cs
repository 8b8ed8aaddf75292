using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Messaging.Groups.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

// version 1 = 1 | KeyPackages
//
/// <summary>
/// The KeyPackages of this node on servers: what belongs to no account alone, since they have one key.
/// </summary>
internal sealed class ServerDesk(ServerSelf self) : ConversationState(Place)
{
    private const byte Version = 1;

    /// <summary>Its place among the states; ids of accounts and conversations have 16 bytes.</summary>
    internal static Mesh.Wire.ConversationId Place { get; } = new(Mesh.Wire.EnvelopeKind.Server, [1]);

    /// <inheritdoc/>
    public override byte[] Save()
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        self.Store.Save(NodeGroupStore.KeyPackages, writer);
        return writer.ToArray();
    }

    /// <inheritdoc/>
    public override void GoBack()
    {
        if (!IsStored)
            self.Store.Clear(NodeGroupStore.KeyPackages);
        else if (!TryRead(Stored))
            throw new InvalidOperationException("What was stored of KeyPackages does not load.");
    }

    /// <summary>Takes back what was saved; false if the bytes make no sense.</summary>
    internal bool TryLoad(byte[] saved)
    {
        if (!TryRead(saved))
            return false;
        WasStored(saved);
        return true;
    }

    private bool TryRead(ReadOnlySpan<byte> saved)
    {
        var reader = new FrameReader(saved);
        return reader.TryByte(out byte version) && version == Version
            && self.Store.TryLoad(NodeGroupStore.KeyPackages, ref reader) && reader.AtEnd;
    }
}
