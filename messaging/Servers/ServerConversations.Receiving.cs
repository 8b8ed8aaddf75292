using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>What comes in. A server is as hostile as anybody.</content>
public sealed partial class ServerConversations
{
    private const int FormatOffset = 3;
    private const byte WelcomeFormat = 3;

    /// <summary>
    /// Takes what was read from an inbox of this node: keys, messages, the number read and the receipts are one
    /// transaction. What
    /// was taken before changes nothing.
    /// </summary>
    /// <param name="server">The server.</param>
    /// <param name="channel">The direct channel; empty for the inbox outside of channels.</param>
    /// <param name="batch">What was read; numbers rise.</param>
    /// <returns>True when it is on disk: then it may be acknowledged. False: it is to be read again, later.</returns>
    public async Task<bool> ReceiveAsync(string server, ReadOnlyMemory<byte> channel, ServerBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        try
        {
            return await ReceiveEnvelopesAsync(server, channel, batch).ConfigureAwait(false)
                && await DoAsync((_, transaction) => Receive(server, channel, batch, transaction))
                    .ConfigureAwait(false);
        }
        catch (MessagingException)
        {
            // The disk is full or fails.
            return false;
        }
    }

    /// <summary>
    /// What is of groups of the mesh goes to them first: when it is on disk there, its number is read here. Whoever is
    /// killed between both takes it again, which changes nothing.
    /// </summary>
    private async Task<bool> ReceiveEnvelopesAsync(string server, ReadOnlyMemory<byte> channel, ServerBatch batch)
    {
        if (Envelopes is not { } groups || !channel.IsEmpty || !batch.Envelopes.Any(IsForGroups))
            return true;
        ulong? cursor = await _context.Loop.AskAsync(_ => _accounts.TryGetValue(server, out ServerAccount? account)
            && IsFirst(account) ? account.Cursor : (ulong?)null).ConfigureAwait(false);
        ReadOnlyMemory<byte>[] payloads =
            [.. batch.Envelopes.Where(e => e.Sequence > cursor && IsForGroups(e)).Select(static e => e.Data)];
        return payloads.Length == 0 || await groups.ReceiveAsync(server, payloads).ConfigureAwait(false);
    }

    private static bool IsForGroups(ServerEnvelope envelope) =>
        envelope.Data.Length <= MaxMessage && InboxEnvelope.IsOne(envelope.Data.Span);

    private bool Receive(
        string server, ReadOnlyMemory<byte> channel, ServerBatch batch, MessageTransaction transaction)
    {
        ServerEntry? inChannel = channel.IsEmpty ? null
            : Of(server).FirstOrDefault(e => channel.Span.SequenceEqual(e.Channel));
        if (!_accounts.TryGetValue(server, out ServerAccount? account))
            return false;
        // The conversation was left.
        if (inChannel is null && !channel.IsEmpty)
            return true;
        bool isWhole = true;
        ulong cursor = inChannel?.Cursor ?? account.Cursor;
        ulong before = cursor;
        foreach (ServerEnvelope envelope in batch.Envelopes)
        {
            if (envelope.Sequence <= cursor)
            {
                Counters.Add(ServerCount.Repeated);
                continue;
            }

            try
            {
                Taken taken = TakeOne(account, inChannel, envelope.Data, transaction);
                if (taken == Taken.Later)
                {
                    isWhole = false;
                    break;
                }

                if (taken == Taken.Refused)
                    Counters.Add(ServerCount.Refused);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A fault of this program over a message costs that message: else it would come again for ever.
                Faulted(e);
            }

            NoteLost(account, cursor, envelope.Sequence, transaction);
            cursor = envelope.Sequence;
        }

        if (batch.Envelopes.Count == 0 && batch.Oldest > cursor + 1)
        {
            NoteLost(account, cursor, batch.Oldest, transaction);
            cursor = batch.Oldest - 1;
        }

        if (cursor == before)
            return isWhole;
        if (inChannel is not null && _entries.ContainsKey(inChannel.Id))
        {
            inChannel.Cursor = cursor;
            transaction.Touch(inChannel, spent: false);
        }
        else if (inChannel is null)
        {
            account.Cursor = cursor;
            transaction.Touch(account, spent: false);
        }

        return isWhole;
    }

    // The first that is read of an inbox need not be its first: what came before this node had the account is no loss.
    private void NoteLost(ServerAccount account, ulong cursor, ulong next, MessageTransaction transaction)
    {
        if (cursor == 0 || next <= cursor + 1)
            return;
        ulong lost = Math.Min(next - cursor - 1, long.MaxValue);
        account.Lost += Math.Min(lost, ulong.MaxValue - account.Lost);
        Counters.Add(ServerCount.Lost, (long)lost);
        transaction.Touch(account, spent: false);
    }

    /// <summary>What became of a message in an inbox.</summary>
    private enum Taken
    {
        /// <summary>It did what it is for.</summary>
        Heeded,

        /// <summary>It is none, or none that is wanted.</summary>
        Refused,

        /// <summary>
        /// It is of a state that this node's own commit may lead to, of which the server's word is not here yet: it is
        /// read again.
        /// </summary>
        Later,
    }

    private Taken TakeOne(
        ServerAccount account, ServerEntry? inChannel, ReadOnlyMemory<byte> data, MessageTransaction transaction)
    {
        if (data.Length is <= FormatOffset or > MaxMessage)
            return Taken.Refused;
        // Groups have it already.
        if (data.Span[0] == InboxEnvelope.Mark)
            return Whether(inChannel is null && Envelopes is not null);
        if (data.Span[0] == DeviceNotice.Mark)
            return Whether(inChannel is null && TakeNotice(account, data.Span, transaction));
        if (data.Span[0] == ServerReceipt.Mark)
            return Whether(TakeReceipt(account, data.Span, transaction));
        if (data.Span[FormatOffset] == WelcomeFormat)
            return Whether(TakeWelcome(account, data.Span, transaction));
        if (!UnverifiedMessage.Parse(data.Span).TryGet(out UnverifiedMessage? message))
            return Taken.Refused;
        ServerEntry? entry = null;
        Group? group = null;
        foreach (ServerEntry one in inChannel is null ? Of(account.Server) : [inChannel])
        {
            group = one.Groups.FirstOrDefault(g => g.GroupId.Span.SequenceEqual(message.GroupId.Span));
            entry = one;
            if (group is not null)
                break;
        }

        if (entry is null || group is null)
            return inChannel is null && KeepEarly(account, data.Span, transaction) ? Taken.Heeded : Taken.Refused;
        if (entry.Domain.Length > 0)
            return TakeOfSeveral(account, entry, group, message, data, transaction);
        return group.Pending is not null && message.Epoch == group.Epoch + 1 ? Taken.Later
            : Whether(TakeMessage(entry, group, message, transaction));
    }

    private static Taken Whether(bool isHeeded) => isHeeded ? Taken.Heeded : Taken.Refused;

    private bool TakeMessage(
        ServerEntry entry, Group group, UnverifiedMessage message, MessageTransaction transaction)
    {
        MlsResult<Outcome> result = group.Process(message);
        // What this node sent lies in its own inbox too, for its other devices.
        if (!result.TryGet(out Outcome? outcome))
            return result.Error.Code == MlsErrorCode.OwnMessage;
        transaction.Touch(entry, spent: true);
        switch (outcome)
        {
            case Outcome.ApplicationMessage said:
                return TakeContent(entry, group, said, transaction);
            case Outcome.CommitStaged staged:
                Follow(entry, group, staged, transaction);
                return true;
            case Outcome.ProposalStored proposed:
                // Somebody leaves, with all devices: when all of it is read, whoever comes first of the others acts.
                if (proposed.Proposal is RemoveProposal)
                    transaction.WhenWritten(at => Advance(at, entry));
                return true;
            default:
                return false;
        }
    }

    private void Follow(
        ServerEntry entry, Group group, Outcome.CommitStaged staged, MessageTransaction transaction)
    {
        // A number that the server told has counted this commit.
        bool isCounted = entry.Change is { IsStale: true };
        List<byte[]> devices = entry.DevicesOfPeer(group);
        if (staged.IsOwn)
        {
            // The server has it: it lies in this account's own inbox, before the answer to whoever stored it.
            group.MergePending();
            entry.Change = null;
            SealWaiting(entry);
        }
        else
        {
            // What is pending here was made on the state before, and goes with it: it is made again on this one.
            group.Merge(staged.Commit);
            entry.RetryAt = default;
        }

        if (!isCounted && entry.Groups[0] == group)
            entry.Number++;
        entry.NoteDevices(group, devices);
        if (!staged.IsOwn && entry.Change is { } change)
            change.IsStale = true;
        if (group.Status != GroupStatus.Active)
            entry.Change = null;
        Changed(entry, transaction);
        transaction.WhenWritten(at => Advance(at, entry));
    }

    private bool TakeContent(
        ServerEntry entry, Group group, Outcome.ApplicationMessage said, MessageTransaction transaction)
    {
        ServerPayload.Kind kind = ServerPayload.Read(said.Data.Span, out ServerPayload? payload);
        if (IsOfRevoked(entry, group, said))
            return false;
        if (kind == ServerPayload.Kind.Dummy)
            return true;
        if (kind == ServerPayload.Kind.Head)
        {
            byte[] head = ServerPayload.HeadIn(said.Data.Span).ToArray();
            transaction.WhenWritten(_ => _port.Compare(entry.Server, head));
            return true;
        }

        if (kind == ServerPayload.Kind.Marks)
            return TakeMarks(entry, said.Data.Span, transaction);
        if (payload is null || entry.IsOfDevices)
            return false;
        byte[] authorKey = said.Sender.Leaf.SignatureKey.ToArray();
        byte[] person = DeviceLeaf.PersonOf(said.Sender.Leaf);
        if (person.AsSpan().SequenceEqual(OwnIn(entry)))
            return TakeOwnContent(entry, authorKey, payload, transaction);
        var author = NodeAddress.Of(person);
        EnvelopeId id = ServerIds.Message(ScopeOf(entry), authorKey, payload.Id);
        if (_context.Store.IsBlocked(author))
        {
            transaction.Drop(id);
            return false;
        }

        if (entry.IsDirect && (!entry.IsConfirmed || IsOverruled(entry, group, authorKey, person)))
        {
            entry.IsConfirmed = true;
            entry.Prefer(group);
        }

        if (_context.Store.FindMessage(id) is not null || transaction.Messages.Any(m => m.Message.Id == id))
        {
            Counters.Add(ServerCount.Repeated);
            Acknowledge(entry, authorKey, id);
            return true;
        }

        // Who is out sets nothing for those who are in.
        if (said.IsFromFormerMember && payload.Content.Plain is TimerContent)
            return false;
        _context.Loop.Reach(MessagingPlace.Keep);
        _context.Contents.Receive(transaction, new ReceivedContent(
            id, entry.Id, author, payload.Content, Protection.Mls, 0, Priority.Normal, _context.Time.GetUtcNow())
        {
            IsLate = said.IsFromFormerMember,
        });
        if (payload.Content is not TypingContent)
            Acknowledge(entry, authorKey, id);
        bool isRead = _readElsewhere.Remove(id);
        transaction.WhenWritten(at =>
        {
            if (isRead)
                MarkRead(entry.Server, [id]);
            Counters.Add(ServerCount.Received);
            Advance(at, entry);
        });
        return true;
    }

    private void Acknowledge(ServerEntry entry, byte[] authorKey, in EnvelopeId message)
    {
        if (_context.Receipts.Allows(entry.IsAccepted || _context.Store.IsKnown(NodeAddress.Of(authorKey))))
            entry.Outbox.AddReceipt(authorKey, message);
    }

    private bool TakeReceipt(ServerAccount account, ReadOnlySpan<byte> data, MessageTransaction transaction)
    {
        if (ServerReceipt.Read(data) is not { } receipt)
            return false;
        bool isProven = false;
        foreach ((EnvelopeId message, byte[] proof) in receipt.Proofs)
        {
            ConversationId? where = _context.Store.FindMessage(message)?.Conversation
                ?? (_unshown.TryGetValue(message, out ConversationId unshown) ? unshown : null);
            if (where is not { } id || !_entries.TryGetValue(id, out ServerEntry? entry)
                || entry.Server != account.Server)
                continue;
            (byte[] Device, byte[] Person)? receiver = ReceiverOf(entry, receipt.Receiver);
            byte[] expected = new byte[Wire.Receipt.ProofSize];
            if (receiver is not { } known || !_receipts.TryExpect(known.Device, message, expected)
                || !Wire.Receipt.Matches(expected, proof))
                continue;
            isProven = true;
            EnvelopeId copy = entry.IsDirect ? message : ServerIds.Copy(message, known.Person);
            transaction.WhenWritten(at =>
            {
                _unshown.Remove(message);
                _context.Deliveries.StateChanged(at, copy, MessageState.Delivered, StateReason.None, 0);
            });
        }

        return isProven;
    }

    private (byte[] Device, byte[] Person)? ReceiverOf(ServerEntry entry, NodeAddress address)
    {
        if (entry.PeerKey is { } peer && NodeAddress.Of(peer) == address)
            return (peer, peer);
        if (entry.FindDevice(k => NodeAddress.Of(k.Span) == address) is not { } member)
            return null;
        byte[] person = DeviceLeaf.PersonOf(member.Leaf);
        // That a device of one's own has it says nothing of the others.
        return person.AsSpan().SequenceEqual(OwnIn(entry)) ? null : (member.Leaf.SignatureKey.ToArray(), person);
    }

    /// <summary>
    /// What the ids of a conversation's messages are made within: the same for all members, whatever their keys.
    /// </summary>
    private byte[] ScopeOf(ServerEntry entry)
    {
        if (entry.PeerKey is not { } peer)
            return entry.Groups[0].GroupId.ToArray();
        byte[] own = OwnIn(entry);
        return own.AsSpan().SequenceCompareTo(peer) < 0 ? [.. own, .. peer] : [.. peer, .. own];
    }
}
