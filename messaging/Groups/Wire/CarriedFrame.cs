using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  20 | envelope
//
/// <summary>
/// An envelope that a member carries for another, sealed: towards the carrier it is addressed to a third member, from
/// the carrier on to whoever gets it. What it says stays sealed to its receiver.
/// </summary>
internal static class CarriedFrame
{
    internal const byte Mark = 20;

    /// <summary>Whether an envelope fits into one.</summary>
    internal static bool Fits(ReadOnlySpan<byte> envelope) => envelope.Length < GroupFrame.MaxSize;

    internal static byte[] Write(ReadOnlySpan<byte> envelope) => [Mark, .. envelope];

    /// <summary>Reads one; false if there is no envelope of a group in it, or its time is over.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> frame, out Envelope envelope)
    {
        envelope = default;
        return frame.Length is > 1 + EnvelopeHeader.Size and <= GroupFrame.MaxSize && frame[0] == Mark
            && Envelope.TryRead(frame[1..], out envelope) && envelope.Header.Kind == EnvelopeKind.Mls
            && envelope.Header.LifetimeUnits > 0;
    }
}
