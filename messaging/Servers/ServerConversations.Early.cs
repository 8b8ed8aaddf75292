using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>
/// Conversations over several servers: a commit is in the inboxes of one server before it is in those of
/// another, so that messages of the new state may come first. They are kept on disk until what they build on is here.
/// </content>
public sealed partial class ServerConversations
{
    private Taken TakeOfSeveral(
        ServerAccount account, ServerEntry entry, Group group, UnverifiedMessage message, ReadOnlyMemory<byte> data,
        MessageTransaction transaction)
    {
        // This node's own copy of its commit, of which the answer tells.
        if (group.Pending is { } pending && pending.Message.AsSpan().SequenceEqual(data.Span))
            return Taken.Heeded;
        if (message.Epoch > group.Epoch)
        {
            NoteGone(account, entry.Early.Add(data.Span), transaction);
            transaction.Touch(entry, spent: false);
            return Taken.Heeded;
        }

        bool isHeeded = TakeMessage(entry, group, message, transaction);
        TakeEarly(entry, transaction);
        return Whether(isHeeded);
    }

    /// <summary>Takes what waited for the state that a conversation is in now.</summary>
    private void TakeEarly(ServerEntry entry, MessageTransaction transaction)
    {
        bool goesOn = true;
        while (goesOn)
        {
            goesOn = false;
            foreach (byte[] data in entry.Early.All.ToArray())
            {
                if (UnverifiedMessage.Parse(data).TryGet(out UnverifiedMessage? message) && entry.Groups
                    .FirstOrDefault(g => g.GroupId.Span.SequenceEqual(message.GroupId.Span)) is { } group)
                {
                    if (message.Epoch > group.Epoch)
                        continue;
                    ulong before = group.Epoch;
                    if (!TakeMessage(entry, group, message, transaction))
                        Counters.Add(ServerCount.Refused);
                    goesOn |= group.Epoch != before;
                }

                entry.Early.Remove(data);
                transaction.Touch(entry, spent: false);
            }
        }
    }

    /// <summary>Keeps a message of a group that this node is not in: its Welcome may be on the way.</summary>
    private bool KeepEarly(ServerAccount account, ReadOnlySpan<byte> data, MessageTransaction transaction)
    {
        if (account.Domain.Length == 0)
            return false;
        account.Early.Add(data);
        transaction.Touch(account, spent: false);
        return true;
    }

    /// <summary>What came of a group before this node joined it.</summary>
    private void TakeFromAccount(ServerAccount account, ServerEntry entry, MessageTransaction transaction)
    {
        foreach (byte[] data in account.Early.All.ToArray())
        {
            if (!UnverifiedMessage.Parse(data).TryGet(out UnverifiedMessage? message)
                || !entry.Groups.Any(g => g.GroupId.Span.SequenceEqual(message.GroupId.Span)))
                continue;
            account.Early.Remove(data);
            NoteGone(account, entry.Early.Add(data), transaction);
            transaction.Touch(account, spent: false);
        }

        TakeEarly(entry, transaction);
    }

    private void NoteGone(ServerAccount account, int count, MessageTransaction transaction)
    {
        if (count == 0)
            return;
        account.Lost += (ulong)count;
        Counters.Add(ServerCount.Lost, count);
        transaction.Touch(account, spent: false);
    }
}
