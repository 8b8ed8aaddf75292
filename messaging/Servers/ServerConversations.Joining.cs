using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>Welcomes: conversations that others begin.</content>
public sealed partial class ServerConversations
{
    private bool TakeWelcome(ServerAccount account, ReadOnlySpan<byte> data, MessageTransaction transaction)
    {
        if (!UnverifiedWelcome.Parse(data).TryGet(out UnverifiedWelcome? welcome)
            || !_self.Client.Open(welcome).TryGet(out StagedWelcome? staged))
            return false;
        using (staged)
        {
            byte[] inviter = staged.Inviter.Leaf.SignatureKey.ToArray();
            var address = NodeAddress.Of(inviter);
            if (staged.State.GroupId.Length != MeshGroupId.Size || staged.WouldReplace
                || _context.Store.IsBlocked(address))
                return false;
            return ServerTerms.TryRead(staged.State.Extensions, out ServerTerms? terms)
                ? JoinGroup(account, staged, terms, address, transaction)
                : JoinDirect(account, staged, inviter, transaction);
        }
    }

    private bool JoinDirect(
        ServerAccount account, StagedWelcome staged, byte[] inviter, MessageTransaction transaction)
    {
        if (staged.State.MemberCount != 2 || staged.State.Extensions.Count > 0)
            return false;
        string domain = ElsewhereOf(account, ServerHome.Of(staged.Inviter.Leaf));
        ConversationId id = ServerIds.Direct(account.Server, domain, inviter);
        bool isNew = !_entries.TryGetValue(id, out ServerEntry? entry);
        if (isNew && !HasRoomFor(account, NodeAddress.Of(inviter)))
            return false;
        bool isLastResort = staged.IsLastResort;
        if (!staged.Accept().TryGet(out Group? group))
            return false;
        entry ??= new ServerEntry(_self, id, account.Server, inviter, () => _now)
        {
            Name = ServerNames.Of(NodeAddress.Of(inviter).ToString(), domain.Length == 0 ? account.Server : domain),
            Domain = domain,
        };
        // Of two that nobody has spoken in, both sides take the same; who begins anew after that has lost the other.
        Group? ready = entry.Ready;
        entry.Add(group, isFirst: ready is null || entry.IsConfirmed
            || group.GroupId.Span.SequenceCompareTo(ready.GroupId.Span) < 0);
        entry.IsConfirmed = false;
        if (entry.Groups.All(g => g.Pending is null))
            entry.Change = null;
        entry.FoundAt = Instant.Never;
        SealWaiting(entry);
        Add(entry);
        Joined(account, entry, isLastResort, transaction);
        if (isNew)
            transaction.WhenWritten(_ => Run(() => NameAsync(entry)));
        return true;
    }

    private bool JoinGroup(
        ServerAccount account, StagedWelcome staged, ServerTerms terms, in NodeAddress inviter,
            MessageTransaction transaction)
    {
        // A group of strangers is none that this node is put into.
        ConversationId id = ServerIds.Group(account.Server, staged.State.GroupId.Span);
        if (!IsKnown(account, inviter) || _entries.ContainsKey(id) || Of(account.Server).Count() >= MaxConversations
            || staged.State.MemberCount > MaxMembers)
            return false;
        bool isLastResort = staged.IsLastResort;
        if (!staged.Accept().TryGet(out Group? group))
            return false;
        var entry = new ServerEntry(_self, id, account.Server, null, () => _now)
        {
            Name = FreeName(terms.Name, id),
            Number = group.Epoch,
            Domain = terms.Domain,
        };
        entry.Add(group, isFirst: true);
        Add(entry);
        TakeFromAccount(account, entry, transaction);
        Joined(account, entry, isLastResort, transaction);
        return true;
    }

    // Only a server that speaks with others has let one of another in.
    private static string ElsewhereOf(ServerAccount account, string home) =>
        account.Domain.Length == 0 || home == account.Domain ? "" : home;

    private void Joined(ServerAccount account, ServerEntry entry, bool isLastResort, MessageTransaction transaction)
    {
        transaction.Touch(entry, spent: true);
        TouchDesk(transaction);
        Changed(entry, transaction);
        transaction.WhenWritten(at =>
        {
            if (!isLastResort)
                _port.Refill(account.Server);
            Advance(at, entry);
        });
    }

    private bool IsKnown(ServerAccount account, in NodeAddress address)
    {
        NodeAddress who = address;
        return _context.Store.IsKnown(who)
            || Of(account.Server).Any(e => e is { IsAccepted: true, PeerKey: { } peer } && NodeAddress.Of(peer) == who);
    }

    private bool HasRoomFor(ServerAccount account, in NodeAddress inviter) =>
        Of(account.Server).Count() < MaxConversations
        && (_context.Store.IsKnown(inviter)
            || Of(account.Server).Count(e => e is { IsAccepted: false, PeerKey: { } peer }
                && !_context.Store.IsKnown(NodeAddress.Of(peer))) < MaxOfStrangers);

    private string FreeName(string wanted, ConversationId id) =>
        OwnNames.IsName(wanted, ServerTerms.MaxName) && !wanted.Contains('@', StringComparison.Ordinal)
            && Find(wanted) is null
            ? wanted : id.ToString();

    /// <summary>What the server calls whoever began a conversation, if nobody here is called so.</summary>
    private async Task NameAsync(ServerEntry entry)
    {
        ServerAnswer<string> found = await _port.FindNameAsync(entry.Server, entry.PeerKey!, entry.Domain)
            .ConfigureAwait(false);
        if (found.Value is not { } user || !ServerNames.IsUser(user))
            return;
        // The name is the server's word; its log has to say the same of it.
        if (entry.Domain.Length == 0
            && ((await _port.FindUserAsync(entry.Server, user, "").ConfigureAwait(false)).Value is not { } proven
                || !proven.AsSpan().SequenceEqual(entry.PeerKey)))
            return;
        await DoAsync((_, transaction) =>
        {
            string name = ServerNames.Of(user, entry.Domain.Length == 0 ? entry.Server : entry.Domain);
            if (!_entries.ContainsKey(entry.Id) || Find(name) is not null)
                return false;
            entry.Name = name;
            Add(entry);
            transaction.Touch(entry, spent: false);
            Changed(entry, transaction);
            return true;
        }).ConfigureAwait(false);
    }
}
