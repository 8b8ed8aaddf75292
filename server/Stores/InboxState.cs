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

    // A channel has two members, who may fill it; elsewhere nobody fills what is for all.
    internal bool HasRoom(IdentityKey sender, int messages, long bytes, StoreLimits limits)
    {
        int part = Peer is null ? limits.SenderShare : 1;
        (int own, long ownBytes) = Shares.GetValueOrDefault(sender);
        return Messages + messages <= limits.MaxInboxMessages && Bytes + bytes <= limits.MaxInboxBytes
            && own + messages <= limits.MaxInboxMessages / part && ownBytes + bytes <= limits.MaxInboxBytes / part;
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
        Dictionary<InboxState, (int Messages, long Bytes)> added = [];
        for (int i = 0; i < messages.Count; i++)
        {
            if (stored[i].Duplicate)
                continue;
            (int count, long bytes) = added.GetValueOrDefault(inboxes[i]);
            count++;
            bytes += messages[i].Payload.Length;
            added[inboxes[i]] = (count, bytes);
            if (!inboxes[i].HasRoom(sender, count, bytes, limits))
                return new EnqueueOutcome(EnqueueResult.Full, []);
        }

        return null;
    }
}
