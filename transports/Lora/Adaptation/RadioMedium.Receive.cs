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
        _turn.ExtendWait(_now + Contention + AckAirtime);
        switch (frame.Type)
        {
            case RadioFrameType.Discovery when _common.Verify(bytes):
                ReceiveDiscovery(frame, bytes, received);
                break;
            case RadioFrameType.Broadcast:
                ReceiveBroadcast(frame, bytes, received);
                break;
            case RadioFrameType.Data or RadioFrameType.Acknowledgement when frame.To != _ownId:
                Counters.Overheard++;
                // Its sender listens now, to a station that may be out of our range.
                if (frame.AckRequest)
                    _turn.BeQuiet(_now + AckTime, _now);
                break;
            case RadioFrameType.Data or RadioFrameType.Acknowledgement when TryReceiveOwn(frame, bytes, received):
                break;
            default:
                Counters.BadChecks++;
                break;
        }
    }

    private const int LoraFrameBytes = LoraModulation.MaxFrame;

    private void ReceiveBroadcast(RadioFrame frame, ReadOnlySpan<byte> bytes, FrameReceived received)
    {
        int signed = bytes.Length - (frame.Sequence * _common.Size);
        if (signed < RadioFrame.HeaderSize)
        {
            Counters.BadFrames++;
            return;
        }
        foreach (RadioNeighbour neighbour in _stations.All)
        {
            if (neighbour.ShortId != frame.From || neighbour.Session is not { } session
                || !_authenticator.TryAccept(session, frame.To, bytes[..signed], bytes[signed..]))
                continue;
            Heard(neighbour, received);
            ReadOnlySpan<byte> body = bytes[RadioFrame.HeaderSize..signed];
            while (neighbour.IsUp && RadioItem.TryRead(ref body, out RadioItem item))
            {
                if (item.Kind == RadioItemKind.Frame && IsForEveryone(item.RestoreFrame()))
                    Deliver(neighbour, item.RestoreFrame());
                else
                    Counters.BadItems++;
            }
            if (!neighbour.IsUp)
                PlanProbe(neighbour);
            return;
        }
        Counters.Unproven++;
    }

    private bool TryReceiveOwn(RadioFrame frame, ReadOnlySpan<byte> bytes, FrameReceived received)
    {
        ReadOnlySpan<byte> body = bytes[RadioFrame.HeaderSize..^_common.Size];
        bool known = false;
        foreach (RadioNeighbour neighbour in _stations.All)
        {
            if (neighbour.ShortId != frame.From || neighbour.Session is not { } session)
                continue;
            known = true;
            if (!Checks(session, frame, bytes))
                continue;
            if (frame.Type == RadioFrameType.Data)
                ReceiveData(neighbour, session, frame, body, received);
            else
                ReceiveAcknowledgement(neighbour, session, frame, body, received);
            return true;
        }
        foreach (Encounter encounter in _encounters.All)
        {
            if (encounter.ShortId != frame.From || frame.Type != RadioFrameType.Data
                || encounter.Candidate is not { } candidate || !Checks(candidate, frame, bytes)
                || !IsMet(candidate, body))
                continue;
            RadioSession session = encounter.TakeCandidate();
            ReceiveData(Begin(encounter, session), session, frame, body, received);
            return true;
        }
        // It may know us from before our start. With a network key anybody could make us call members.
        if (!known && !_common.IsKeyed)
            Call(frame.From);
        return false;
    }

    private static bool Checks(RadioSession session, RadioFrame frame, ReadOnlySpan<byte> bytes) =>
        session.Keys.Verify(
            frame.Type == RadioFrameType.Data
                ? session.Incoming.Expand(frame.Sequence)
                : session.Outgoing.Expand(frame.Sequence),
            bytes);

    /// <summary>Something came that only the neighbour can have made, and only now.</summary>
    private void Heard(RadioNeighbour neighbour, FrameReceived received)
    {
        neighbour.IsDoubted = false;
        // We greet only where nothing is heard.
        if (_encounters.Find(neighbour.Address) is { Candidate: null } encounter)
        {
            neighbour.Pair ??= encounter.TakePair();
            _encounters.Remove(encounter);
        }
        neighbour.LastHeard = _now;
        neighbour.FramesReceived++;
        neighbour.RssiDbm = received.RssiDbm;
        neighbour.SnrDb = received.SnrDb;
        neighbour.Traffic = (neighbour.Traffic.Received + received.Bytes.Length, neighbour.Traffic.Sent);
    }

    private void ReceiveData(
        RadioNeighbour neighbour, RadioSession session, RadioFrame frame, ReadOnlySpan<byte> body,
        FrameReceived received)
    {
        if (!IsMet(session, body))
            return;
        uint number = session.Incoming.Expand(frame.Sequence);
        bool isNew = session.Incoming.TryAccept(number);
        bool envelope = false;
        if (isNew)
        {
            Proved(neighbour, session, received);
            session.IsIntroduced |= number > 0;
            envelope = TakeItems(neighbour, session, body);
        }
        else
        {
            Counters.Duplicates++;
            // Anybody can play it again: it is answered, for a while, and proves nothing.
            if (!session.Duplicates.TryTake(1, _now))
                return;
            if (!neighbour.IsUp)
                PlanProbe(neighbour);
            // The acknowledgement was lost, and with it what it carried.
            session.AckItems.AddRange(session.LastAckItems);
            session.LastAckItems.Clear();
        }
        if (!frame.AckRequest || neighbour.Session != session)
            return;
        TimeSpan due = _now + (envelope && session.AckItems.Count == 0 ? RadioTuning.CustodyWait : TimeSpan.Zero);
        session.AckDue = due < session.AckDue ? due : session.AckDue;
    }

    private void Proved(RadioNeighbour neighbour, RadioSession session, FrameReceived received)
    {
        Heard(neighbour, received);
        session.Timeouts = 0;
        BringUp(neighbour);
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
            case RadioItemKind.Introduction when RadioIntroduction.TryRead(
                item.Content, out RadioIntroduction introduction):
                session.Meet(introduction);
                BringUp(neighbour);
                return false;
            case RadioItemKind.Forget when item.Content.Length == 2:
                session.Slots.Forget(BinaryPrimitives.ReadUInt16BigEndian(item.Content));
                return false;
            case RadioItemKind.Envelope:
                return TakeEnvelope(neighbour, session, item);
            case RadioItemKind.Fragment when item.Content.Length > 2:
                ReadOnlySpan<byte> whole = _pieces.Add(
                    session, StationTable.IsSenior(neighbour, _now), item.Content[0], item.Content[1],
                    final: (item.Low & 1) != 0,
                    item.Content[2..]);
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
            session.TryAddAckItem(RadioItem.Make(RadioItemKind.Forget, 0, id));
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
        RadioNeighbour neighbour, RadioSession session, RadioFrame frame, ReadOnlySpan<byte> body,
        FrameReceived received)
    {
        ReadOnlySpan<byte> whole = body;
        ushort beyond = 0;
        if (body.Length == 1)
        {
            Counters.BadFrames++;
            return;
        }
        if (!body.IsEmpty)
        {
            beyond = BinaryPrimitives.ReadUInt16BigEndian(body);
            body = body[2..];
        }
        if (!IsMet(session, body))
            return;
        uint expected = session.Outgoing.Expand(frame.Sequence);
        // One that settles nothing may be played again by anybody: only what it carries can be new, and that once.
        if (!session.Outgoing.Settles(expected, beyond))
        {
            if (!body.IsEmpty && session.CarriedItems.TryAdd([frame.Sequence, .. whole]))
                TakeItems(neighbour, session, body);
            else
                Counters.Replays++;
            return;
        }
        List<SentFrame>? settled = session.Outgoing.Acknowledge(expected, beyond);
        if (settled is null)
        {
            Counters.BadFrames++;
            return;
        }
        session.IsIntroduced = true;
        Proved(neighbour, session, received);
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
            _turn.StopListening(session);
        }
        TakeItems(neighbour, session, body);
    }

    private bool TakeItems(RadioNeighbour neighbour, RadioSession session, ReadOnlySpan<byte> body)
    {
        bool envelope = false;
        while (neighbour.Session == session && RadioItem.TryRead(ref body, out RadioItem item))
            envelope |= TakeItem(neighbour, session, item);
        if (!body.IsEmpty)
            Counters.BadItems++;
        return envelope;
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
