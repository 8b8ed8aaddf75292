using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Lite;

/// <summary>Ids of messages to groups.</summary>
internal static class LiteIds
{
    /// <summary>
    /// The id that all members know a message by: that of its envelope, with the group id and zeros in place of the
    /// destination, which is another in each copy.
    /// </summary>
    internal static EnvelopeId OfMessage(in EnvelopeHeader header, LiteGroupId group, ReadOnlySpan<byte> payload) =>
        OfEnvelope(Envelope(header with { Destination = group.AsPeer }, payload));

    internal static EnvelopeId OfEnvelope(ReadOnlySpan<byte> envelope) =>
        Wire.Envelope.TryRead(envelope, out Envelope view)
            ? view.ComputeId()
            : throw new ArgumentException("This is no envelope.", nameof(envelope));

    internal static byte[] Envelope(in EnvelopeHeader header, ReadOnlySpan<byte> payload)
    {
        byte[] envelope = new byte[Wire.Envelope.SizeOf(payload.Length)];
        Wire.Envelope.Write(envelope, header, payload);
        return envelope;
    }
}
