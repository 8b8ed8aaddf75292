namespace QuicProChat.Mesh.Server.Stores;

/// <summary>A message on its way into an inbox; sizes have been checked.</summary>
/// <param name="Inbox">Where to.</param>
/// <param name="Id">Its sender's id for it.</param>
/// <param name="Payload">What nobody here can read.</param>
/// <param name="LifetimeMs">How long it is kept if nobody acknowledges it.</param>
internal sealed record NewMessage(InboxId Inbox, MessageId Id, ReadOnlyMemory<byte> Payload, long LifetimeMs);

/// <summary>A commit's place in the order of a group.</summary>
/// <param name="Group">The group, as its members name it; at most 64 bytes.</param>
/// <param name="Epoch">The number that this commit wants; the first one for a number wins.</param>
internal sealed record CommitOrder(ReadOnlyMemory<byte> Group, ulong Epoch)
{
    /// <summary>Who commits, where that is not who sends: a user of another server.</summary>
    public IdentityKey? Committer { get; init; }

    /// <summary>The members whose inboxes are on other servers, as they are called here.</summary>
    public IReadOnlyList<IdentityKey> Elsewhere { get; init; } = [];
}

/// <summary>How an attempt to store messages ended.</summary>
internal enum EnqueueResult
{
    /// <summary>They are on the disk.</summary>
    Stored,

    /// <summary>A recipient has no account here.</summary>
    NoRecipient,

    /// <summary>The sender is not a member of the channel or the group.</summary>
    Forbidden,

    /// <summary>Another payload was stored under this id.</summary>
    Conflict,

    /// <summary>The inbox, the sender's share of it, or the sender's number of groups is full.</summary>
    Full,

    /// <summary>Another commit has this number.</summary>
    StaleEpoch,
}

/// <summary>Where a message is.</summary>
/// <param name="Sequence">Its number in its inbox, from 1.</param>
/// <param name="TimeMs">When it was stored, Unix milliseconds.</param>
/// <param name="Duplicate">It was stored before.</param>
internal readonly record struct StoredMessage(long Sequence, long TimeMs, bool Duplicate);

/// <summary>The outcome for all messages of a batch.</summary>
/// <param name="Result">How it ended; anything but <see cref="EnqueueResult.Stored"/> has stored nothing.</param>
/// <param name="Messages">One for each message, in order, if they were stored.</param>
/// <param name="Epoch">With <see cref="EnqueueResult.StaleEpoch"/>: the number that the group waits for.</param>
internal sealed record EnqueueOutcome(EnqueueResult Result, StoredMessage[] Messages, ulong Epoch = 0);

/// <summary>A message in an inbox.</summary>
internal sealed record InboxMessage(long Sequence, MessageId Id, long TimeMs, byte[] Payload);

/// <summary>What is in an inbox.</summary>
/// <param name="Messages">Rising by number.</param>
/// <param name="OldestSequence">Nothing below this number is there any more.</param>
/// <param name="NewestSequence">The highest number that was given; 0 if none was.</param>
internal sealed record InboxContent(IReadOnlyList<InboxMessage> Messages, long OldestSequence, long NewestSequence);

/// <summary>
/// Inboxes: numbers that rise by one for each message, and messages that stay until each device of their recipient
/// acknowledged them or their lifetime ended. Every method returns when what it did survives a power cut.
/// </summary>
internal interface IInboxStore
{
    /// <summary>Stores all messages of a batch, or none.</summary>
    /// <param name="sender">Who sends them.</param>
    /// <param name="messages">At least one.</param>
    /// <param name="order">A commit's place; null for anything else.</param>
    Task<EnqueueOutcome> EnqueueAsync(IdentityKey sender, IReadOnlyList<NewMessage> messages, CommitOrder? order);

    /// <summary>Reads what a device has not acknowledged.</summary>
    /// <param name="inbox">Which.</param>
    /// <param name="device">The device.</param>
    /// <param name="limit">At most so many messages.</param>
    /// <param name="maxBytes">At most so many bytes of payloads, but always the first message.</param>
    Task<InboxContent> ReadAsync(InboxId inbox, DeviceId device, int limit, int maxBytes);

    /// <summary>
    /// Acknowledges messages for one device. A number below the last one changes nothing; one above the newest counts
    /// as the newest.
    /// </summary>
    Task AcknowledgeAsync(InboxId inbox, DeviceId device, long upTo);

    /// <summary>Removes what has outlived its lifetime, a part of it at a time.</summary>
    /// <returns>How many messages, ids and groups were removed; 0 when nothing is left to do.</returns>
    Task<int> ExpireAsync(int limit);

    /// <summary>Called after messages reached an inbox and the disk, on any thread; must not wait.</summary>
    Action<InboxId> Arrived { get; set; }
}
