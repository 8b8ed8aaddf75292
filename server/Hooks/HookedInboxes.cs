using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Hooks;

/// <summary>Inboxes, whatever stores into them, with a hook that is told of each message.</summary>
internal sealed class HookedInboxes(IInboxStore inboxes, Hook hook) : IInboxStore
{
    /// <inheritdoc/>
    public Action<InboxId> Arrived
    {
        get => inboxes.Arrived;
        set => inboxes.Arrived = value;
    }

    /// <inheritdoc/>
    public async Task<EnqueueOutcome> EnqueueAsync(
        IdentityKey sender, IReadOnlyList<NewMessage> messages, CommitOrder? order)
    {
        EnqueueOutcome outcome = await inboxes.EnqueueAsync(sender, messages, order);
        for (int i = 0; i < outcome.Messages.Length; i++)
        {
            StoredMessage stored = outcome.Messages[i];
            if (stored.Duplicate)
                continue;
            hook.Tell(new HookEvent(HookEventKind.Message, stored.TimeMs)
            {
                Identity = sender,
                Recipient = messages[i].Inbox.Recipient,
                Sequence = stored.Sequence,
                Bytes = messages[i].Payload.Length,
            });
        }

        return outcome;
    }

    /// <inheritdoc/>
    public Task<InboxContent> ReadAsync(InboxId inbox, DeviceId device, int limit, int maxBytes) =>
        inboxes.ReadAsync(inbox, device, limit, maxBytes);

    /// <inheritdoc/>
    public Task AcknowledgeAsync(InboxId inbox, DeviceId device, long upTo) =>
        inboxes.AcknowledgeAsync(inbox, device, upTo);

    /// <inheritdoc/>
    public Task<int> ExpireAsync(int limit) => inboxes.ExpireAsync(limit);
}
