using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>
/// Envelopes in inboxes on servers: what this node puts there, and what it finds in its own. What waits for a server is
/// on disk, and sent under the same name until there is an answer.
/// </content>
public sealed partial class GroupConversations : IInboxEnvelopes
{
    /// <summary>Envelopes that one call stores, at most; and their bytes. Arbitrary.</summary>
    private const int MaxBatch = 32;
    private const int MaxBatchBytes = 256 << 10;

    /// <summary>How long a server is asked to keep an envelope, at most: servers keep nothing longer.</summary>
    private static readonly TimeSpan MaxInInbox = TimeSpan.FromDays(30);

    /// <summary>What failed is tried again after this, and later and later. Arbitrary.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromMinutes(1);

    /// <summary>Calls of one server at once, of the 64 that a connection has. Arbitrary.</summary>
    private const int MaxCallsOfServer = 16;

    private readonly Dictionary<InboxPlace, Lane> _lanes = [];

    /// <summary>Texts that came another way than the router's, whose authors are to get proofs.</summary>
    private readonly List<(NodeAddress Author, EnvelopeId Envelope, byte[] Proof)> _owed = [];

    /// <summary>What goes to one inbox: one call at a time. One that is full holds up no other.</summary>
    private sealed class Lane
    {
        internal bool IsBusy { get; set; }

        /// <summary>One of several was the reason that none was taken: they go one by one.</summary>
        internal bool IsSingle { get; set; }

        internal int Failures { get; set; }

        internal Instant RetryAt { get; set; }
    }

    /// <summary>Envelopes that wait for servers.</summary>
    internal int WaitingForServers => _ways.Count;

    /// <summary>Inboxes that something is being put into.</summary>
    internal int BusyInboxes => _lanes.Values.Count(static l => l.IsBusy);

    private Instant NextDrain
    {
        get
        {
            if (_ways.Count == 0)
                return Instant.Never;
            Instant due = _ways.NextExpiry;
            foreach (InboxPlace inbox in _ways.Waiting)
            {
                if (_lanes.GetValueOrDefault(inbox) is { IsBusy: false, Failures: > 0 } lane
                    && _inboxes?.HasAccount(inbox.Server) == true)
                    due = Instant.Min(due, lane.RetryAt);
            }

            return due;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> ReceiveAsync(string server, IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        ArgumentNullException.ThrowIfNull(payloads);
        try
        {
            return await DoAsync((now, transaction) =>
            {
                foreach (ReadOnlyMemory<byte> payload in payloads)
                    TakeContained(now, server, payload, transaction);
                return true;
            }).ConfigureAwait(false);
        }
        catch (MessagingException)
        {
            // The disk is full or fails.
            return false;
        }
    }

    /// <inheritdoc/>
    public void Opened(Instant now, string server)
    {
        _now = now;
        foreach ((_, Lane lane) in _lanes.Where(l => l.Key.Server == server))
            (lane.Failures, lane.RetryAt) = (0, default);
        Drain(now);
        _queue(new Step(this, (at, transaction) =>
        {
            foreach (GroupEntry state in _groups.Values.Where(static g => !g.IsPair).ToArray())
            {
                foreach (NodeAddress member in state.Group.Table.Members.Where(m => _ways.ServerOf(m) == server))
                    Do(at, state, transaction, (g, o) => g.Reachable(at, member, o));
                TellWays(state, transaction);
            }
        }));
    }

    // A fault of this program over an envelope costs that envelope: else it would come again for ever.
    private void TakeContained(
        Instant now, string server, ReadOnlyMemory<byte> payload, MessageTransaction transaction)
    {
        try
        {
            if (!TakeOutOfInbox(now, server, payload, transaction))
                Counters.Add(GroupCount.Refused);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Faulted(e);
        }
        finally
        {
            _cameFrom = null;
        }
    }

    private bool TakeOutOfInbox(
        Instant now, string server, ReadOnlyMemory<byte> payload, MessageTransaction transaction)
    {
        Span<byte> expected = stackalloc byte[Receipt.ProofSize];
        if (!InboxEnvelope.TryRead(payload, out InboxEnvelope found)
            || !Envelope.TryRead(found.Envelope.Span, out Envelope envelope)
            || envelope.Header.Kind != EnvelopeKind.Mls || envelope.Header.Destination != _self.Address
            || !Ed25519.IsValidPublicKey(found.SenderKey.Span))
            return false;
        var sender = NodeAddress.Of(found.SenderKey.Span);
        EnvelopeId id = envelope.ComputeId();
        // Whoever knows this node's account can write there: strangers of one server have one share of the work.
        ulong strangers = SourceOf(server);
        if (sender == _self.Address || _context.Store.IsBlocked(sender)
            || (!IsWanted(sender) && !_work.Allows(now, strangers, 1)))
            return false;
        // Keys are free, and to open what they sealed costs, whatever comes of it.
        if (!IsWanted(sender))
            _work.Charge(now, strangers, 1);
        if (!_inboxProofs.TryProve(found.SenderKey.Span, id, expected)
            || !Receipt.Matches(expected, found.Proof.Span))
        {
            _work.Charge(now, strangers, 1);
            return false;
        }

        _cameFrom = (sender, server);
        Received(
            now, new InboxArrival(sender, server, id, envelope.Header, found.Envelope[EnvelopeHeader.Size..]),
            transaction);
        if (IsWanted(sender))
            Learn(now, sender, server, transaction);
        return true;
    }

    private static ulong SourceOf(string server) =>
        BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.ASCII.GetBytes(server))) | (1UL << 63);

    /// <summary>Its author is owed a proof that a text is here.</summary>
    private void Owe(NodeAddress author, EnvelopeId envelope, byte[] proof) => _owed.Add((author, envelope, proof));

    /// <summary>Sends the proofs that are owed.</summary>
    private void SendProofs(MessageTransaction transaction)
    {
        if (_owed.Count == 0)
            return;
        (NodeAddress Author, EnvelopeId Envelope, byte[] Proof)[] owed = [.. _owed];
        _owed.Clear();
        foreach (IGrouping<NodeAddress, (NodeAddress, EnvelopeId Envelope, byte[] Proof)> ofOne
            in owed.GroupBy(static o => o.Author))
        {
            ReadOnlyMemory<byte> key = KeyOfMember(ofOne.Key);
            if (key.IsEmpty)
                continue;
            foreach ((NodeAddress, EnvelopeId Envelope, byte[] Proof)[] some in ofOne.Chunk(ProofsFrame.MaxProofs))
            {
                byte[] frame = new ProofsFrame([.. some.Select(static o => (o.Envelope, o.Proof))]).Write();
                Mail(key.Span, frame, isBulk: false, GroupSuites.All[0], transaction);
            }
        }
    }

    /// <summary>A member proves that it has texts.</summary>
    private Taken TakeProofs(byte[] senderKey, byte[] bytes, MessageTransaction transaction)
    {
        var sender = NodeAddress.Of(senderKey);
        if (ProofsFrame.Read(bytes) is not { } frame || !IsInGroup(sender))
            return Taken.Refused;
        Span<byte> expected = stackalloc byte[Receipt.ProofSize];
        bool isProven = false;
        foreach ((EnvelopeId envelope, byte[] proof) in frame.Proofs)
        {
            if (!_copies.TryGetValue(envelope, out SentCopy copy) || copy.Member != sender
                || !_sealing.Receipts.TryExpect(senderKey, envelope, expected) || !Receipt.Matches(expected, proof))
                continue;
            isProven = true;
            transaction.WhenWritten(at => _context.Deliveries.StateChanged(
                at, envelope, MessageState.Delivered, StateReason.None, 0));
        }

        // What was proven before proves nothing new.
        return isProven ? Taken.Heeded : Taken.Again;
    }

    /// <summary>Gives up what waited for a server for too long.</summary>
    private void TickInboxes(Instant now, MessageTransaction transaction)
    {
        foreach (InboxItem over in _ways.Overdue(now))
        {
            _ways.Remove(over);
            transaction.Touch(_ways, spent: false, onlyPieces: true);
            transaction.WhenWritten(at => TellCopy(at, over, MessageState.Expired, StateReason.LifetimeOver));
        }

        transaction.WhenOver(Drain);
    }

    /// <summary>An envelope of a text that is not wanted any more waits for no server.</summary>
    private void TakeBack(EnvelopeId envelope, MessageTransaction transaction)
    {
        foreach (InboxItem item in _ways.Find(envelope))
        {
            _ways.Remove(item);
            transaction.Touch(_ways, spent: false, onlyPieces: true);
        }
    }

    private void TellCopy(Instant now, InboxItem item, MessageState state, StateReason reason)
    {
        // What is carried for others, and frames, are no copies of a message of this node.
        if (_copies.ContainsKey(item.Envelope))
            _context.Deliveries.StateChanged(now, item.Envelope, state, reason, 0);
    }

    /// <summary>Sends what waits for servers.</summary>
    private void Drain(Instant now)
    {
        IReadOnlyList<InboxPlace> waiting = _ways.Waiting;
        foreach ((InboxPlace inbox, Lane lane) in _lanes)
        {
            // What waited there expired.
            if (!lane.IsBusy && !waiting.Contains(inbox))
                _lanes.Remove(inbox);
        }

        foreach (InboxPlace inbox in waiting)
        {
            if (!_lanes.TryGetValue(inbox, out Lane? lane))
                _lanes[inbox] = lane = new Lane();
            if (lane.IsBusy || lane.RetryAt > now || _inboxes?.HasAccount(inbox.Server) != true
                || CallsOf(inbox.Server) >= MaxCallsOfServer)
                continue;
            lane.IsBusy = true;
            _ = DrainAsync(inbox, lane, _ways.Next(inbox, lane.IsSingle ? 1 : MaxBatch, MaxBatchBytes));
        }
    }

    private int CallsOf(string server) => _lanes.Count(l => l.Value.IsBusy && l.Key.Server == server);

    private async Task DrainAsync(InboxPlace inbox, Lane lane, IReadOnlyList<InboxItem> items)
    {
        bool isNoted = false;
        try
        {
            ServerMessage[] messages = [.. items.Select(static i => new ServerMessage(
                i.Key, ReadOnlyMemory<byte>.Empty, i.Name, i.Payload, i.Lifetime))];
            StoredAnswer answer = await _inboxes!.StoreAsync(inbox.Server, messages).ConfigureAwait(false);
            isNoted = answer.Status != ServerStatus.Gone && await DoAsync((_, transaction) =>
                Stored(lane, items, answer.Status, transaction)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The account is closed, or the node stops.
        }
        catch (MessagingException)
        {
            // The disk is full or fails: the server is told the same again, which changes nothing there.
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Nobody awaits this.
            _context.Loop.Failed(e);
        }

        await LaneEndsAsync(lane, isNoted).ConfigureAwait(false);
    }

    private async Task LaneEndsAsync(Lane lane, bool isNoted)
    {
        try
        {
            await _context.Loop.PostAsync(now =>
            {
                lane.IsBusy = false;
                if (isNoted)
                {
                    (lane.Failures, lane.RetryAt) = (0, default);
                }
                else
                {
                    TimeSpan pause = FirstPause * (1 << Math.Min(lane.Failures, 6));
                    lane.RetryAt = now + (pause < MaxPause ? pause : MaxPause);
                    lane.Failures++;
                }

                Drain(now);
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private bool Stored(
        Lane lane, IReadOnlyList<InboxItem> items, ServerStatus status, MessageTransaction transaction)
    {
        if (status != ServerStatus.Done && items.Count > 1)
        {
            lane.IsSingle = true;
            return true;
        }

        foreach (InboxItem item in items)
        {
            if (!_ways.Remove(item))
                continue;
            transaction.Touch(_ways, spent: false, onlyPieces: true);
            if (status == ServerStatus.NotFound
                && _ways.SetServer(NodeAddress.Of(item.Key), null, IsWanted))
                transaction.Touch(_ways, spent: false);
            transaction.WhenWritten(at =>
            {
                Counters.Add(status == ServerStatus.Done ? GroupCount.PutIntoInbox : GroupCount.InboxRefused);
                if (status == ServerStatus.Done)
                    TellCopy(at, item, MessageState.Forwarded, StateReason.None);
                else if (status == ServerStatus.TooLarge)
                    TellCopy(at, item, MessageState.Failed, StateReason.TooLarge);
                // Else somebody was wrong about the way: the text waits, and is sealed again for another one.
            });
        }

        // The one that was the reason is gone, or nothing is left that could be it.
        lane.IsSingle &= status == ServerStatus.Done && _ways.Waiting.Contains(items[0].Place);
        return true;
    }
}
