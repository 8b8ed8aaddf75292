namespace QuicProChat.Mesh.Server.Stores;

/// <summary>An inbox as whoever writes into it sees it: what comes next, and how full it is.</summary>
internal sealed class InboxState(InboxId id, IdentityKey? peer)
{
    internal InboxId Id { get; } = id;

    /// <summary>The other member of its channel; null where there is none.</summary>
    internal IdentityKey? Peer { get; } = peer;

    /// <summary>Its row; 0 before its first message.</summary>
    internal long Row { get; set; }

    internal long Next { get; set; } = 1;

    internal int Messages { get; set; }

    internal long Bytes { get; set; }

    /// <summary>Whether what it counts has to be counted again.</summary>
    internal bool StaleShares { get; set; } = true;

    internal Dictionary<IdentityKey, (int Messages, long Bytes)> Shares { get; } = [];

    internal void Recount() => StaleShares = true;

    internal void Count(IdentityKey sender, int messages, long bytes)
    {
        (int before, long beforeBytes) = Shares.GetValueOrDefault(sender);
        Shares[sender] = (before + messages, beforeBytes + bytes);
        Messages += messages;
        Bytes += bytes;
    }

    // A channel has two members, who may fill it; elsewhere nobody fills what is for all. What its owner puts there for
    // other devices has a share of its own, where the oldest gives way: else a device that is off would fill it, and
    // the owner could send nothing more.
    internal bool HasRoom(IdentityKey sender, int messages, long bytes, StoreLimits limits)
    {
        if (sender == Id.Recipient)
            return messages <= limits.MaxInboxMessages / limits.SenderShare
                && bytes <= limits.MaxInboxBytes / limits.SenderShare;
        int part = Peer is null ? limits.SenderShare : 1;
        (int own, long ownBytes) = Shares.GetValueOrDefault(sender);
        (int owners, long ownersBytes) = Shares.GetValueOrDefault(Id.Recipient);
        return Messages - Math.Max(owners, 0) + messages <= limits.MaxInboxMessages
            && Bytes - Math.Max(ownersBytes, 0) + bytes <= limits.MaxInboxBytes
            && own + messages <= limits.MaxInboxMessages / part && ownBytes + bytes <= limits.MaxInboxBytes / part;
    }

    /// <summary>
    /// How many of the owner's own messages, the oldest first, give way to those that come: more than have to, so that
    /// it is not done for each one.
    /// </summary>
    /// <param name="sender">Who sends.</param>
    /// <param name="added">Messages that come here, and their bytes.</param>
    /// <param name="limits">The bounds.</param>
    /// <returns>Null where none has to.</returns>
    internal (int Messages, long Bytes)? GivingWay(
        IdentityKey sender, (int Messages, long Bytes) added, StoreLimits limits)
    {
        if (sender != Id.Recipient)
            return null;
        (int own, long ownBytes) = Shares.GetValueOrDefault(sender);
        int room = limits.MaxInboxMessages / limits.SenderShare;
        long roomBytes = limits.MaxInboxBytes / limits.SenderShare;
        return own + added.Messages <= room && ownBytes + added.Bytes <= roomBytes ? null
            : (own + added.Messages - room + (room / 8), ownBytes + added.Bytes - roomBytes + (roomBytes / 8));
    }

    /// <summary>What a batch adds to each of its inboxes.</summary>
    internal static Dictionary<InboxState, (int Messages, long Bytes)> Sum(
        IReadOnlyList<NewMessage> messages, InboxState[] inboxes, StoredMessage[] stored)
    {
        Dictionary<InboxState, (int Messages, long Bytes)> added = [];
        for (int i = 0; i < messages.Count; i++)
        {
            if (stored[i].Duplicate)
                continue;
            (int count, long bytes) = added.GetValueOrDefault(inboxes[i]);
            added[inboxes[i]] = (count + 1, bytes + messages[i].Payload.Length);
        }

        return added;
    }

    /// <summary>What becomes of messages of which it is known where they go and which were stored before.</summary>
    /// <returns>The outcome where nothing is to be stored; null where all is that is no duplicate.</returns>
    internal static EnqueueOutcome? Check(
        IdentityKey sender, IReadOnlyList<NewMessage> messages, InboxState[] inboxes, StoredMessage[] stored,
        CommitOrder? order, StoreLimits limits)
    {
        int duplicates = stored.Count(s => s.Duplicate);
        if (duplicates == messages.Count)
            return new EnqueueOutcome(EnqueueResult.Stored, stored);
        // A batch was stored as a whole or not at all: a part of it under known ids is another batch.
        if (duplicates > 0 && order is not null)
            return new EnqueueOutcome(EnqueueResult.Conflict, []);
        return Sum(messages, inboxes, stored).All(a => a.Key.HasRoom(sender, a.Value.Messages, a.Value.Bytes, limits))
            ? null : new EnqueueOutcome(EnqueueResult.Full, []);
    }
}
