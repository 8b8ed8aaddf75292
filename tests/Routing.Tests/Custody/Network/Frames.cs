using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Tests.Custody.Network;

/// <summary>Frames as a neighbour makes them that keeps to no rules.</summary>
internal static class Frames
{
    internal static byte[] OfEnvelope(in EnvelopeHeader header, byte[] payload)
    {
        byte[] frame = new byte[1 + Envelope.SizeOf(payload.Length)];
        frame[0] = (byte)FrameKind.Envelope;
        Envelope.Write(frame.AsSpan(1), header, payload);
        return frame;
    }
}
