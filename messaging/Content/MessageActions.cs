using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>How a content is to be sent, beside what it says.</summary>
/// <param name="Priority">How urgent it is.</param>
/// <param name="Lifetime">How long to try.</param>
/// <param name="Wait">The state to wait for before answering.</param>
/// <param name="Signed">With the sender's signature, where that is a choice.</param>
public sealed record SendOptions(Priority Priority, TimeSpan Lifetime, MessageState Wait, bool Signed);

/// <summary>
/// What the owner does with messages: each becomes a content for the conversation of the message, which is sent like
/// any other. From any thread.
/// </summary>
public sealed class MessageActions(MessagingContext context)
{
    private NodeAddress Self => context.Identity.Address;

    /// <summary>A reply to a message.</summary>
    /// <exception cref="MessagingException">It cannot be replied to.</exception>
    public Task<SendRequest> ReplyAsync(EnvelopeId id, string text, SendOptions options) =>
        AboutAsync(id, options, message =>
        message.Content is DeletedContent
            ? throw Refused($"message {id} was deleted")
            : new ReplyContent(ContentReference.To(message), NotEmpty(text)));

    /// <summary>A sign on a message, or that it is taken back.</summary>
    /// <exception cref="MessagingException">It is no sign, or changes nothing.</exception>
    public Task<SendRequest> ReactAsync(EnvelopeId id, string emoji, bool remove, SendOptions options)
    {
        if (!ReactionContent.IsEmoji(emoji))
        {
            throw new MessagingException(
                Refusal.Usage, $"a sign has 1 to {ReactionContent.MaxEmojiSize} bytes, no blank and nothing invisible");
        }

        return AboutAsync(id, options, message =>
        {
            byte turn = ContentRules.NextTurn(message.Extras, Self, emoji, add: !remove)
                ?? throw Refused(remove ? $"{emoji} is not on message {id}" : $"{emoji} is on message {id} already");
            return Checked(message, new ReactionContent(ContentReference.To(message), turn, emoji));
        });
    }

    /// <summary>A new text for a message of this node.</summary>
    /// <exception cref="MessagingException">It cannot be edited.</exception>
    public Task<SendRequest> EditAsync(EnvelopeId id, string text, SendOptions options) =>
        AboutAsync(id, options, message =>
        message.Extras.Revision == byte.MaxValue
            ? throw Refused($"message {id} was edited {byte.MaxValue} times already")
            : Checked(message,
                new EditContent(ContentReference.To(message), (byte)(message.Extras.Revision + 1), NotEmpty(text))));

    /// <summary>That a message of this node is to go, everywhere.</summary>
    /// <exception cref="MessagingException">It is not this node's.</exception>
    public Task<SendRequest> DeleteAsync(EnvelopeId id, SendOptions options) => AboutAsync(id, options, message =>
        Checked(message, new DeleteContent(ContentReference.To(message))));

    /// <summary>A timer for a conversation.</summary>
    public SendRequest Disappear(ConversationId conversation, DisappearAfter after, SendOptions options) =>
        Request(conversation, new TimerContent(context.Settings.Of(conversation).NextRevision, after), options);

    /// <summary>
    /// Marks what is unread in a conversation as read; from now on the time of what disappears runs.
    /// </summary>
    /// <returns>What was unread.</returns>
    public async Task<IReadOnlyList<Message>> ReadAsync(ConversationId conversation)
    {
        var all = new List<Message>();
        IReadOnlyList<Message> some;
        do
        {
            some = await MarkReadAsync(conversation).ConfigureAwait(false);
            all.AddRange(some);
        }
        while (some.Count > 0);

        await context.Loop.AskAsync(_ =>
        {
            if (all.Count > 0 && context.Events.HasListeners)
                context.Events.Publish(new ConversationRead(conversation, all.Count, context.Time.GetUtcNow()));
            return true;
        }).ConfigureAwait(false);
        return all;
    }

    /// <summary>What tells others that messages were read; notes and messages without an author are left out.</summary>
    public IReadOnlyList<SendRequest> TellRead(
        ConversationId conversation, IReadOnlyList<Message> read, SendOptions options) =>
        [.. read.Where(IsTold).Select(ContentReference.To)
            .Chunk(ReadContent.MaxMessages).Select(some => Request(conversation, new ReadContent(some), options))];

    /// <summary>Somebody else wrote it, who may be told that it was read.</summary>
    public static bool IsTold(Message message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return !message.Outgoing && message.Content.Type < MessageContentType.FirstLocal;
    }

    /// <summary>Says whether a conversation may disturb the owner. Nobody else learns that.</summary>
    public async Task MuteAsync(ConversationId conversation, bool isMuted)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await context.Loop.PostAsync(_ =>
        {
            var transaction = new MessageTransaction(new NoStates(context.Loop));
            context.Contents.Set(transaction, new SettingChange(conversation, null, isMuted));
            transaction.WhenWritten(_ => done.TrySetResult(true));
            transaction.WhenFailed(_ => done.TrySetResult(false));
            context.Store.Commit(transaction);
        }, _ => done.TrySetResult(false)).ConfigureAwait(false);
        if (!await done.Task.ConfigureAwait(false))
            throw Refused("the store is full or failing");
    }

    /// <summary>A content for a conversation, as it is asked to be sent.</summary>
    public static SendRequest Request(ConversationId conversation, MessageContent content, SendOptions options) => new(
        conversation.Kind, conversation.IsDirect ? conversation.AsPeer.ToString() : conversation.ToString(),
        content.Text,
        options.Priority, options.Lifetime, options.Wait, options.Signed)
    {
        Content = content,
    };

    private Task<SendRequest> AboutAsync(EnvelopeId id, SendOptions options, Func<Message, MessageContent> make) =>
        context.Loop.AskAsync(_ =>
        {
            Message message = context.Store.FindMessage(id) ?? throw Refused($"there is no message {id}");
            if (message.IsDamaged || message.Content is MemberNotice or RenamedNotice or EpochNotice)
                throw Refused($"{id} is no message that somebody wrote");
            return Request(message.Conversation, make(message), options);
        });

    /// <summary>What others would refuse is not sent.</summary>
    private MessageContent Checked(Message message, MessageContent content)
    {
        var change = new ContentChange(
            message.Conversation, ContentReference.To(message), Self, IsOwn: true, content, IsProven: true,
            message.CreatedAt);
        return ContentRules.Apply(message, change, out _) == ChangeOutcome.Changed ? content : throw Refused(
            message.Content is DeletedContent ? $"message {message.Id} was deleted"
            : content is ReactionContent ? "there are too many signs on it"
            : !message.Outgoing ? $"message {message.Id} is somebody else's"
            : $"message {message.Id} is no text");
    }

    private async Task<IReadOnlyList<Message>> MarkReadAsync(ConversationId conversation)
    {
        var read = new TaskCompletionSource<IReadOnlyList<Message>?>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        await context.Loop.PostAsync(
            _ => context.Store.MarkRead(conversation, (_, messages) => read.TrySetResult(messages)),
            _ => read.TrySetResult(null)).ConfigureAwait(false);
        return await read.Task.ConfigureAwait(false) ?? throw Refused("the store is full or failing");
    }

    private static string NotEmpty(string text) =>
        text.Length > 0 ? text : throw new MessagingException(Refusal.Usage, "a message says something");

    private static MessagingException Refused(string why) => new(Refusal.Refused, why);

    private sealed class NoStates(IMessagingLoop loop) : IStateOwner
    {
        public EnvelopeKind Kind => EnvelopeKind.Sealed;

        public void GoBack(ConversationState state) => throw new InvalidOperationException("There is no state.");

        public void Faulted(Exception fault) => loop.Failed(fault);
    }
}
