using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Routing.Custody;

/// <content>
/// Bundles (docs/reference/protocol.md, section 4.6): a form of frames, and nothing else. What comes in one is taken
/// apart at once; what goes out on a link in one batch is put together at its end.
/// </content>
internal sealed partial class CustodyEngine
{
    private readonly List<int> _gathering = [];
    private readonly byte[] _received = new byte[EnvelopeHeader.Size + Limits.MaxBundlePayload];
    private readonly byte[] _sent =
        new byte[1 + Math.Max(
            Bundle.SizeOf(Limits.MaxBundle, Limits.MaxBundlePayload), ReceiptBundle.SizeOf(Limits.MaxBundle))];
    private readonly NodeAddress[] _sorted = new NodeAddress[Limits.MaxBundle];

    /// <summary>Takes or refuses each envelope of a bundle; false if the frame does not parse.</summary>
    public bool ReceiveBundle(Instant now, LinkId link, ReadOnlySpan<byte> frame)
    {
        _now = now;
        LinkState state = _links[link.Value]!;
        if (!TakesBundles(state))
            return true;
        _counters.Add(RouterCounter.BundlesReceived);
        _counters.Add(RouterCounter.EnvelopeBytesReceived, frame.Length);
        if (!Bundle.TryRead(frame[1..], out Bundle bundle))
        {
            _counters.Add(RouterCounter.DropMalformed);
            return false;
        }

        int size = Envelope.SizeOf(bundle.Payload.Length);
        if (!TryPay(state, bundle.Count, size, out bool isTooFast))
            return true;
        Span<byte> envelope = _received.AsSpan(0, size);
        bundle.Payload.CopyTo(envelope[EnvelopeHeader.Size..]);
        for (int i = 0; i < bundle.Count; i++)
        {
            bundle.WriteHeader(i, envelope);
            ReceiveOne(link, state, envelope, isTooFast);
        }

        return true;
    }

    /// <summary>The same for a bundle of receipts.</summary>
    public bool ReceiveReceiptBundle(Instant now, LinkId link, ReadOnlySpan<byte> frame)
    {
        _now = now;
        LinkState state = _links[link.Value]!;
        if (!TakesBundles(state))
            return true;
        _counters.Add(RouterCounter.BundlesReceived);
        _counters.Add(RouterCounter.EnvelopeBytesReceived, frame.Length);
        if (!ReceiptBundle.TryRead(frame[1..], out ReceiptBundle bundle))
        {
            _counters.Add(RouterCounter.DropMalformed);
            return false;
        }

        if (!TryPay(state, bundle.Count, Receipt.EnvelopeSize, out bool isTooFast))
            return true;
        Span<byte> envelope = _received.AsSpan(0, Receipt.EnvelopeSize);
        bundle.HeaderBytes.CopyTo(envelope);
        for (int i = 0; i < bundle.Count; i++)
        {
            bundle[i].CopyTo(envelope[EnvelopeHeader.Size..]);
            ReceiveOne(link, state, envelope, isTooFast);
        }

        return true;
    }

    /// <summary>
    /// Only streams have bundles: a radio frame that stands for 32 envelopes would have its owner hash, answer and send
    /// what the air never carried.
    /// </summary>
    private bool TakesBundles(LinkState link)
    {
        if (link.Properties.Reliable)
            return true;
        _counters.Add(RouterCounter.FrameUnexpected);
        return false;
    }

    /// <summary>
    /// Charges for all envelopes of a bundle before anything is done for one. To say "too fast" takes the id of each,
    /// and that costs as much as to take them: whoever goes on without listening gets no answer.
    /// </summary>
    /// <returns>False: the frame is dropped without an answer.</returns>
    private bool TryPay(LinkState link, int count, int size, out bool isTooFast)
    {
        _counters.Add(RouterCounter.EnvelopesReceived, count);
        isTooFast = !_bundlePrices.TryPay(_now, link, count, count * size);
        if (!isTooFast || _bundlePrices.TryRefuse(_now, link, count, count * size))
            return true;
        _counters.Add(RouterCounter.DropUnanswered, count);
        return false;
    }

    private void ReceiveOne(LinkId link, LinkState state, ReadOnlySpan<byte> bytes, bool isTooFast)
    {
        // A bundle that parses has a header and a size that an envelope may have.
        if (!Envelope.TryRead(bytes, out Envelope envelope))
            throw new InvalidOperationException("A bundle stands for something that is no envelope.");
        Receive(link, state, envelope, isTooFast);
    }

    /// <summary>
    /// Lets an envelope go out at the end of the batch, with others of its sort. False: the link has no room for those
    /// that wait for that already (it is blocked then).
    /// </summary>
    private bool TryGather(int index, LinkId link, LinkState state, Gathering gathering)
    {
        ref HeldEntry entry = ref _entries[index];
        ReadOnlySpan<byte> bytes = entry.Frame.AsSpan(1, entry.Size);
        if (!EnvelopeHeader.TryRead(bytes, out EnvelopeHeader header))
            throw new InvalidOperationException("What is held has no header.");
        ulong tag = TagOf(header, bytes);
        for (int i = 0; i < gathering.Count; i++)
        {
            ref GatheredFrame open = ref gathering[i];
            if (open.Tag != tag || !Joins(open, header, bytes, state.Properties.Mtu))
                continue;
            Gathering.Add(ref open, index);
            entry.IsGathered = true;
            return true;
        }

        if (gathering.IsFull && !SendGathered(link, state, gathering))
            return false;
        ref GatheredFrame opened = ref gathering.Open();
        opened.Header = header;
        opened.Size = entry.Size;
        opened.Tag = tag;
        opened.Class = entry.Class;
        opened.Count = 0;
        Gathering.Add(ref opened, index);
        entry.IsGathered = true;
        if (!gathering.IsListed)
        {
            gathering.IsListed = true;
            _gathering.Add(link.Value);
        }

        return true;
    }

    /// <summary>Whether an envelope is of a sort that may find its like.</summary>
    private static bool MayGather(in HeldEntry entry) => entry.Kind == EnvelopeKind.Receipt
        ? entry.Size == Receipt.EnvelopeSize
        : entry.Size <= Envelope.SizeOf(Limits.MaxBundlePayload);

    // The end of a payload is the tag of a cipher; the beginning is often the same for all of a group.
    private static ulong TagOf(in EnvelopeHeader header, ReadOnlySpan<byte> envelope) =>
        header.Kind == EnvelopeKind.Receipt
            ? header.Destination.Low : BinaryPrimitives.ReadUInt64LittleEndian(envelope[^8..]);

    private bool Joins(in GatheredFrame open, in EnvelopeHeader header, ReadOnlySpan<byte> envelope, int mtu)
    {
        if (open.Size != envelope.Length || open.Count is 0 or Limits.MaxBundle)
            return false;
        if (open.IsOfReceipts)
            return open.Header == header && 1 + ReceiptBundle.SizeOf(open.Count + 1) <= mtu;
        if (open.Header with { Destination = header.Destination } != header
            || 1 + Bundle.SizeOf(open.Count + 1, envelope.Length - EnvelopeHeader.Size) > mtu)
            return false;
        ReadOnlySpan<byte> first = _entries[open.Entries[0]].Frame.AsSpan(1, open.Size);
        return first[EnvelopeHeader.Size..].SequenceEqual(envelope[EnvelopeHeader.Size..]);
    }

    /// <summary>Sends what was gathered for all links; called at the end of a batch.</summary>
    private void SendGathered()
    {
        foreach (int link in _gathering)
        {
            if (_links[link] is not { Gathering: { IsListed: true } gathering } state)
                continue;
            gathering.IsListed = false;
            if (!SendGathered(new LinkId(link), state, gathering))
                PutBack(new LinkId(link), state);
        }

        _gathering.Clear();
    }

    /// <summary>Sends what was gathered for a link; false if it has no room: the rest is to be put back.</summary>
    private bool SendGathered(LinkId link, LinkState state, Gathering gathering)
    {
        for (int i = 0; i < gathering.Count; i++)
        {
            ref GatheredFrame frame = ref gathering[i];
            if (frame.Count == 0)
                continue;
            // "Taken" goes before the receipt, so that a sender hears of the first step before the last.
            if (frame.Class == FrameClass.Control && !state.Answers.IsEmpty)
                _answers.Send(link, state.Answers);
            if (!_actions.Send(link, frame.Class, Join(ref frame)))
            {
                state.Blocked = true;
                return false;
            }

            _counters.Add(RouterCounter.EnvelopesSent, frame.Count);
            _counters.Add(RouterCounter.BundlesSent, frame.Count > 1 ? 1 : 0);
            foreach (int index in Gathering.Entries(ref frame))
            {
                ref HeldEntry entry = ref _entries[index];
                entry.IsGathered = false;
                NoteSent(ref entry, link);
                SpareMemory(ref entry);
            }

            // Whatever happens to those behind it, these went out.
            frame.Count = 0;
        }

        gathering.Clear();
        return true;
    }

    /// <summary>
    /// What was gathered for a link that has no room waits again, before what came after it: from the last to the
    /// first, each to the front.
    /// </summary>
    private void PutBack(LinkId link, LinkState state)
    {
        if (state.Gathering is not { } gathering)
            return;
        for (int i = gathering.Count - 1; i >= 0; i--)
        {
            ref GatheredFrame frame = ref gathering[i];
            while (frame.Count > 0)
            {
                int index = frame.Entries[--frame.Count];
                ref HeldEntry entry = ref _entries[index];
                LeaveGathering(ref entry);
                LeaveFlight(index, state);
                _flows.Enter(index, link.Value, front: true);
                SetReason(ref entry, StateReason.Waiting);
                SecureLater(ref entry);
                SpareMemory(ref entry);
                Schedule(index);
            }
        }

        gathering.Clear();
    }

    // It asked nobody: the next one may.
    private void LeaveGathering(ref HeldEntry entry)
    {
        entry.IsGathered = false;
        if (_backoffs.Any(entry.Destination))
            _backoffs.NotProbed(entry.Destination, new LinkId(entry.Link), entry.Size, _now);
    }

    /// <summary>The frame of what was gathered: an ordinary one for a single envelope.</summary>
    private ReadOnlySpan<byte> Join(ref GatheredFrame frame)
    {
        // What waited for the end of the batch may have been written to disk meanwhile, with another header.
        Span<byte> first = _entries[frame.Entries[0]].Frame.AsSpan(0, 1 + frame.Size);
        EnvelopeHeader.Restamp(first[1..], frame.Header.Attempt, frame.Header.HopsLeft, frame.Header.LifetimeUnits);
        if (frame.Count == 1)
            return first;
        return frame.IsOfReceipts ? JoinReceipts(ref frame) : JoinTexts(ref frame, first[(1 + EnvelopeHeader.Size)..]);
    }

    private ReadOnlySpan<byte> JoinTexts(ref GatheredFrame frame, ReadOnlySpan<byte> payload)
    {
        Span<NodeAddress> destinations = _sorted.AsSpan(0, frame.Count);
        for (int i = 0; i < frame.Count; i++)
            destinations[i] = _destinations[_entries[frame.Entries[i]].Destination].Address;
        destinations.Sort();
        _sent[0] = (byte)FrameKind.Bundle;
        return _sent.AsSpan(0, 1 + Bundle.Write(_sent.AsSpan(1), frame.Header, destinations, payload));
    }

    private ReadOnlySpan<byte> JoinReceipts(ref GatheredFrame frame)
    {
        Span<byte> body = _sent.AsSpan(1, ReceiptBundle.SizeOf(frame.Count));
        _sent[0] = (byte)FrameKind.ReceiptBundle;
        ReceiptBundle.WriteHeader(body, frame.Header, frame.Count);
        for (int i = 0; i < frame.Count; i++)
        {
            // By insertion: there are few.
            ReadOnlySpan<byte> proof = _entries[frame.Entries[i]].Frame.AsSpan(1 + EnvelopeHeader.Size,
                Receipt.ProofSize);
            int at = i;
            for (; at > 0 && proof.SequenceCompareTo(ReceiptBundle.ProofAt(body, at - 1)) < 0; at--)
                ReceiptBundle.ProofAt(body, at - 1).CopyTo(ReceiptBundle.ProofAt(body, at));
            proof.CopyTo(ReceiptBundle.ProofAt(body, at));
        }

        return _sent.AsSpan(0, 1 + body.Length);
    }
}
