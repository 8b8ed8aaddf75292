using QuicProChat.Mesh.Fapp.Storage;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Mesh;

/// <summary>A stored item where the states of conversations are: kind(1) and key(0..15) are its id.</summary>
internal sealed class AppointmentRow(ConversationId id, IStoredItem item) : ConversationState(id)
{
    internal IStoredItem Item { get; set; } = item;

    /// <summary>What is on disk; empty if nothing is. Secret.</summary>
    internal ReadOnlySpan<byte> OnDisk => Stored;

    internal static ConversationId IdOf(ItemKind kind, ReadOnlySpan<byte> key) =>
        new(EnvelopeKind.Fapp, [(byte)kind, .. key]);

    /// <inheritdoc/>
    public override byte[] Save() => Item.Encode();

    /// <inheritdoc/>
    /// <remarks>All of it is read back from what is on disk: see <see cref="Appointments.GoBack"/>.</remarks>
    public override void GoBack()
    {
    }
}
