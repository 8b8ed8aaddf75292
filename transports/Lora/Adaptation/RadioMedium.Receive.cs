using System.Buffers.Binary;
using QuicProChat.Mesh.Transports.Lora.Airtime;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

public sealed partial class RadioMedium
{
    private void Receive(FrameReceived received)
    {
        ReadOnlySpan<byte> bytes = received.Bytes.Span;
        if (bytes.Length > LoraFrameBytes || !RadioFrame.TryRead(bytes, _common.Size, out RadioFrame frame))
        {
            Counters.BadFrames++;
            return;
        }
        // Whoever waits for an acknowledgement while the channel is in use waits a little longer.
        ExtendWaits();
        if (frame.Type is RadioFrameType.Discovery or RadioFrameType.Broadcast)
        {
            if (_common.Verify(bytes))
                ReceiveCommon(frame, bytes[RadioFrame.HeaderSize..^_common.Size], received);
            else
                Counters.BadChecks++;
        }
        else if (frame.To != _ownId)
        {
            Counters.Overheard++;
            // Its sender listens now, to a station that may be out of our range.
            if (frame.AckRequest)
                _quietUntil = _now + AckTime;
        }
        else if (!TryReceiveOwn(frame, bytes, received))
        {
            Counters.BadChecks++;
            AskFor(frame.From);
        }
    }

    private const int LoraFrameBytes = LoraModulation.MaxFrame;

    private void ReceiveCommon(RadioFrame frame, ReadOnlySpan<byte> body, FrameReceived received)
    {
        if (frame.Type == RadioFrameType.Discovery)
        {
            ReceiveDiscovery(frame, body, received);
            return;
        }
        // Without a network key nothing proves the sender; two stations with one id are told apart by nothing.
        RadioNeighbour? neighbour = _neighbours
            .Where(n => n.ShortId == frame.From && n.IsUp).MaxBy(n => n.LastHeard);
        if (neighbour is null)
        {
            AskFor(frame.From);
            return;
        }
        Heard(neighbour, received);
        while (RadioItem.TryRead(ref body, out RadioItem item))
        {
            if (item.Kind == RadioItemKind.Frame && IsForEveryone(item.RestoreFrame()))
                Deliver(neighbour, item.RestoreFrame());
            else
                Counters.BadItems++;
        }
    }

    private bool TryReceiveOwn(RadioFrame frame, ReadOnlySpan<byte> bytes, FrameReceived received)
    {
        foreach (RadioNeighbour neighbour in _neighbours)
        {
            if (neighbour.ShortId != frame.From)
                continue;
            bool known = neighbour.Session is { } session && Checks(session, frame, bytes);
            if (!known && neighbour.Candidate is { } candidate && Checks(candidate, frame, bytes))
            {
                Promote(neighbour, candidate);
                known = true;
            }
            if (!known)
                continue;
            Heard(neighbour, received);
            neighbour.Session!.Timeouts = 0;
            BringUp(neighbour);
            ReadOnlySpan<byte> body = bytes[RadioFrame.HeaderSize..^_common.Size];
            if (frame.Type == RadioFrameType.Data)
                ReceiveData(neighbour, neighbour.Session, frame, body);
            else
                ReceiveAcknowledgement(neighbour, neighbour.Session, frame, body);
            return true;
        }
        return false;
    }

    private static bool Checks(RadioSession session, RadioFrame frame, ReadOnlySpan<byte> bytes) =>
        session.Keys.Verify(
            frame.Type == RadioFrameType.Data
                ? session.Incoming.Expand(frame.Sequence)
                : session.Outgoing.Expand(frame.Sequence),
            bytes);

    private void Promote(RadioNeighbour neighbour, RadioSession candidate)
    {
        if (neighbour.Session is { } old)
        {
            BringDown(neighbour, "the neighbour restarted");
            old.Dispose();
        }
        neighbour.Session = candidate;
        neighbour.Candidate = null;
    }

    private void Heard(RadioNeighbour neighbour, FrameReceived received)
    {
        neighbour.LastHeard = _now;
        neighbour.FramesReceived++;
        neighbour.RssiDbm = received.RssiDbm;
        neighbour.SnrDb = received.SnrDb;
        neighbour.Traffic = (neighbour.Traffic.Received + received.Bytes.Length, neighbour.Traffic.Sent);
    }

    private void ReceiveData(RadioNeighbour neighbour, RadioSession session, RadioFrame frame, ReadOnlySpan<byte> body)
    {
        bool isNew = session.Incoming.TryAccept(session.Incoming.Expand(frame.Sequence));
        bool envelope = false;
        if (isNew)
        {
            while (neighbour.Session == session && RadioItem.TryRead(ref body, out RadioItem item))
                envelope |= TakeItem(neighbour, session, item);
            if (!body.IsEmpty)
                Counters.BadItems++;
        }
        else
        {
            Counters.Duplicates++;
            // The acknowledgement was lost, and with it what it carried.
            session.AckItems.AddRange(session.LastAckItems);
            session.LastAckItems.Clear();
        }
        if (!frame.AckRequest)
            return;
        TimeSpan due = _now + (envelope && session.AckItems.Count == 0 ? RadioTuning.CustodyWait : TimeSpan.Zero);
        session.AckDue = due < session.AckDue ? due : session.AckDue;
    }

    /// <summary>True: an envelope was delivered, and the router will have something to say of it.</summary>
    private bool TakeItem(RadioNeighbour neighbour, RadioSession session, RadioItem item)
    {
        switch (item.Kind)
        {
            case RadioItemKind.Frame:
                Deliver(neighbour, item.RestoreFrame());
                return false;
            case RadioItemKind.Custody:
                TakeCustody(neighbour, session, item);
                return false;
            case RadioItemKind.Forget when item.Content.Length == 2:
                session.Slots.Forget(BinaryPrimitives.ReadUInt16BigEndian(item.Content));
                return false;
            case RadioItemKind.Envelope:
                return TakeEnvelope(neighbour, session, item);
            case RadioItemKind.Fragment when item.Content.Length > 2:
                ReadOnlySpan<byte> whole = session.Reassembly.Add(
                    item.Content[0], item.Content[1], final: (item.Low & 1) != 0, item.Content[2..]);
                return RadioItem.TryRead(ref whole, out RadioItem inner) && whole.IsEmpty
                    && inner.Kind != RadioItemKind.Fragment && TakeItem(neighbour, session, inner);
            default:
                Counters.BadItems++;
                return false;
        }
    }

    private bool TakeEnvelope(RadioNeighbour neighbour, RadioSession session, RadioItem item)
    {
        if (item.TryRestoreEnvelope(session.Slots, out byte[] frame, out ushort unknown)
            && Envelope.TryRead(frame.AsSpan(1), out Envelope envelope))
        {
            session.RememberReceived(envelope);
            Deliver(neighbour, frame);
            return true;
        }
        Counters.BadItems++;
        if (unknown != 0)
        {
            byte[] id = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(id, unknown);
            session.AckItems.Add(RadioItem.Make(RadioItemKind.Forget, 0, id));
        }
        return false;
    }

    private void TakeCustody(RadioNeighbour neighbour, RadioSession session, RadioItem item)
    {
        byte[] frame = new byte[1 + (item.Content.Length / 2 * (2 + sizeof(ulong)))];
        frame[0] = (byte)FrameKind.CustodyAck;
        CustodyAck.Writer writer = new(frame.AsSpan(1));
        for (int at = 0; at + 2 <= item.Content.Length; at += 2)
        {
            ulong? name = session.Expand(BinaryPrimitives.ReadUInt16BigEndian(item.Content[at..]));
            if (name is not null && Enum.IsDefined((CustodyCode)item.Low))
                writer.TryAdd((CustodyCode)item.Low, name.Value);
        }
        if (writer.Length > 0)
            Deliver(neighbour, frame.AsSpan(0, 1 + writer.Length));
    }

    private void ReceiveAcknowledgement(
        RadioNeighbour neighbour, RadioSession session, RadioFrame frame, ReadOnlySpan<byte> body)
    {
        ushort beyond = 0;
        if (!body.IsEmpty)
        {
            if (body.Length < 2)
            {
                Counters.BadFrames++;
                return;
            }
            beyond = BinaryPrimitives.ReadUInt16BigEndian(body);
            body = body[2..];
        }
        List<SentFrame>? settled = session.Outgoing.Acknowledge(session.Outgoing.Expand(frame.Sequence), beyond);
        if (settled is null)
        {
            Counters.BadFrames++;
            return;
        }
        List<ushort> updates = [];
        foreach (SentFrame sent in settled)
        {
            Settle(session, sent, arrived: true);
            updates.AddRange(sent.Updates);
            TimeSpan took = _now - sent.FirstSent;
            neighbour.RoundTrip += ((took < LongestRoundTrip ? took : LongestRoundTrip) - neighbour.RoundTrip) / 8;
        }
        Confirm(neighbour, session, updates);
        foreach (SentFrame missing in session.Outgoing.Frames)
        {
            if (missing.Missed < RadioTuning.MaxMisses || missing.Acknowledged || missing.Body.Length == 0)
                continue;
            neighbour.GivenUp++;
            GiveUp(session, missing);
        }
        // A late answer to an earlier question leaves the later one open.
        if (session.Outgoing.Frames.Any(f => !f.Acknowledged && !f.Due))
        {
            if (session.AckOverdue == TimeSpan.MaxValue)
                Listen(session, from: _now);
        }
        else
        {
            session.AckOverdue = TimeSpan.MaxValue;
            if (_listeningTo == session)
                StopListening();
        }
        while (neighbour.Session == session && RadioItem.TryRead(ref body, out RadioItem item))
            TakeItem(neighbour, session, item);
    }

    private void Deliver(RadioNeighbour neighbour, ReadOnlySpan<byte> frame)
    {
        // Establishing and ending links is this layer's own business.
        if (frame.IsEmpty || frame[0] is (byte)FrameKind.Hello or (byte)FrameKind.Bye)
            Counters.BadItems++;
        else
            _user.Received(neighbour, frame);
    }
}
