using System.Buffers.Binary;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// Frames of the router become items, and items a numbered frame: small ones together, large ones in pieces.
public sealed partial class RadioMedium
{
    private const int FragmentOverhead = 3;

    /// <summary>Arbitrary: a last piece that would be shorter is not worth its own header.</summary>
    private const int LeastPiece = 16;

    private SentFrame? Build(RadioNeighbour neighbour, RadioSession session, FrameClass urgency)
    {
        List<byte> body = [];
        int lastAt = -1;
        SentFrame? frame = null;
        for (FrameClass c = urgency; c <= FrameClass.Low; c++)
        {
            // Nothing rides on another's airtime: emergencies have a reserve, routing a bound.
            if (AirtimeGate.ClassOf(c) != AirtimeGate.ClassOf(urgency))
                continue;
            while (neighbour.Queue.Peek(c) is { } queued && !_airtime.IsBlocked(c, _now))
            {
                // An item that stands before another has a length, of one byte.
                if (queued.Item is null && IsOver(queued))
                {
                    Counters.Expired++;
                    if (neighbour.Queue.Dequeue(c))
                        _user.Writable(neighbour);
                    continue;
                }
                int room = Math.Min(BodyLimit - body.Count - (lastAt >= 0 ? 1 : 0), RadioItem.MaxContent);
                byte[] item = queued.Item ?? MakeItem(session, queued, out _);
                if (item.Length - queued.Offset <= room && queued.Item is null)
                {
                    frame ??= session.Outgoing.Add([], urgency);
                    item = MakeAndRemember(session, queued, frame);
                    RadioItem.Append(body, ref lastAt, item);
                    if (neighbour.Queue.Dequeue(c))
                        _user.Writable(neighbour);
                    continue;
                }
                // What fits whole into a frame of its own is not cut for the rest of this one.
                bool wholeLater = queued.Item is null && item.Length <= BodyLimit;
                if (room < FragmentOverhead + LeastPiece || (wholeLater && body.Count > 0))
                    return Close(frame, body);
                frame ??= session.Outgoing.Add([], urgency);
                if (queued.Item is null)
                {
                    queued.Item = MakeAndRemember(session, queued, frame);
                    queued.Tag = session.NextTag++;
                }
                else if (queued.Name is { } name)
                {
                    frame.Envelopes.Add(name);
                    frame.Over = EndOf(queued);
                }
                else
                {
                    frame.Over = TimeSpan.MaxValue;
                    if (queued.Update is { } update)
                        frame.Updates.Add(update);
                }

                AppendPiece(body, ref lastAt, queued, room);
                if (queued.Offset == queued.Item.Length && neighbour.Queue.Dequeue(c))
                    _user.Writable(neighbour);
            }
        }
        return Close(frame, body);
    }

    private static SentFrame? Close(SentFrame? frame, List<byte> body)
    {
        if (frame is not null)
            frame.Body = [.. body];
        return frame;
    }

    private static void AppendPiece(List<byte> body, ref int lastAt, QueuedFrame queued, int room)
    {
        int length = Math.Min(room - FragmentOverhead, queued.Item!.Length - queued.Offset);
        bool final = queued.Offset + length == queued.Item.Length;
        byte[] content = new byte[2 + length];
        content[0] = queued.Tag;
        content[1] = (byte)queued.Index++;
        queued.Item.AsSpan(queued.Offset, length).CopyTo(content.AsSpan(2));
        queued.Offset += length;
        RadioItem.Append(body, ref lastAt, RadioItem.Make(RadioItemKind.Fragment, final ? 1 : 0, content));
    }

    /// <summary>
    /// When the lifetime of what waits ends, as it was when the router sent it; MaxValue: it has none.
    /// </summary>
    private static TimeSpan EndOf(QueuedFrame queued) =>
        queued.Name is not null && Envelope.TryRead(queued.Frame.AsSpan(1), out Envelope envelope)
            ? queued.Since + (envelope.Header.LifetimeUnits * EnvelopeHeader.LifetimeUnit)
            : TimeSpan.MaxValue;

    private bool IsOver(QueuedFrame queued) => _now >= EndOf(queued);

    private byte[] MakeItem(RadioSession session, QueuedFrame queued, out bool inFull)
    {
        inFull = false;
        if (queued.Name is null || !Envelope.TryRead(queued.Frame.AsSpan(1), out Envelope envelope))
            return RadioItem.MakeFrame(queued.Frame);
        inFull = !session.Slots.IsAgreed(envelope.Header.Destination);
        byte[] item = RadioItem.MakeEnvelope(envelope, !inFull);
        // Airtime may have been long in coming.
        RadioItem.SetLifetime(item, LifetimeCode.Left(envelope.Header.LifetimeUnits, _now - queued.Since));
        return item;
    }

    private byte[] MakeAndRemember(RadioSession session, QueuedFrame queued, SentFrame carrier)
    {
        byte[] item = MakeItem(session, queued, out bool inFull);
        TimeSpan end = EndOf(queued);
        carrier.Over = end > carrier.Over ? end : carrier.Over;
        if (queued.Update is { } update)
            carrier.Updates.Add(update);
        if (queued.Name is not { } name || !Envelope.TryRead(queued.Frame.AsSpan(1), out Envelope envelope))
            return item;
        carrier.Envelopes.Add(name);
        if (inFull)
        {
            session.Slots.SentInFull(envelope.Header.Destination);
            carrier.Named.Add(envelope.Header.Destination);
        }
        return item;
    }

    /// <summary>
    /// Puts custody answers into the next acknowledgement, two bytes each, where these name an envelope without doubt.
    /// </summary>
    private bool TryShortenCustody(RadioSession session, ReadOnlySpan<byte> body)
    {
        if (session.AckItems.Count >= 16 || !CustodyAck.TryRead(body, out CustodyAck ack) || ack.Count > 32)
            return false;
        foreach (CustodyAnswer answer in ack)
        {
            if (!session.IsShort(answer.Name))
                return false;
        }
        byte[] id = new byte[2];
        foreach (CustodyAnswer answer in ack)
        {
            BinaryPrimitives.WriteUInt16BigEndian(id, (ushort)(answer.Name >> 48));
            session.AckItems.Add(RadioItem.Make(RadioItemKind.Custody, (int)answer.Code, id));
        }
        session.AckDue = _now;
        return true;
    }
}
