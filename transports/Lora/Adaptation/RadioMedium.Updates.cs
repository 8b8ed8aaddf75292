using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// A route update that arrived is known to have arrived: this layer's acknowledgement stands for the router's
// ControlAck, which is not sent. So is whatever the router says again while it still waits here.
public sealed partial class RadioMedium
{
    /// <summary>True if nothing has to be queued for a frame: it waits already, or is said without one.</summary>
    private bool TrySpare(
        RadioNeighbour neighbour, RadioSession session, FrameClass frameClass, ReadOnlySpan<byte> frame)
    {
        switch ((FrameKind)frame[0])
        {
            case FrameKind.ControlAck:
                return true;
            case FrameKind.Envelope when RadioSession.NameOf(frame) is { } name
                && (neighbour.Queue.Contains(name) || session.Outgoing.Carries(name)):
            case FrameKind.Announce or FrameKind.AnnounceRequest
                or FrameKind.PathRequest when neighbour.Queue.Contains(frameClass, frame):
                Counters.Spared++;
                return true;
            case FrameKind.RouteUpdate when neighbour.Queue.TryReplaceUpdate(frameClass, frame, _now):
                // The router repeats an update with all that the former one said.
                Counters.Spared++;
                return true;
            default:
                return false;
        }
    }

    /// <summary>The number of a route update that wants to be acknowledged.</summary>
    internal static ushort? UpdateNumber(ReadOnlySpan<byte> frame) =>
        frame[0] == (byte)FrameKind.RouteUpdate && RouteUpdate.TryRead(frame[1..], out RouteUpdate update)
        && (update.Flags & RouteUpdateFlags.Acknowledge) != 0 ? update.Number : null;

    private void Confirm(RadioNeighbour neighbour, RadioSession session, List<ushort> updates)
    {
        byte[] frame = new byte[1 + ControlAck.Size];
        frame[0] = (byte)FrameKind.ControlAck;
        for (int i = 0; i < updates.Count; i++)
        {
            // Of one that went in pieces every piece has to be there.
            ushort number = updates[i];
            if (updates.IndexOf(number) < i || number == session.LostUpdate || session.Outgoing.CarriesUpdate(number)
                || neighbour.Queue.IsPartOut(number))
                continue;
            new ControlAck(number).Write(frame.AsSpan(1));
            _user.Received(neighbour, frame);
        }
    }
}
