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
            // Persons are counted below; here each leaf shows whose device it is.
            if (DeviceLeaf.CountPersons(staged.State.Members) is not { } persons
                || !DeviceLeaf.HaveOneHomeEach(staged.State.Members))
                return false;
            if (!MayInvite(account, staged.Inviter.Leaf))
                return false;
            byte[] inviter = DeviceLeaf.PersonOf(staged.Inviter.Leaf);
            var address = NodeAddress.Of(inviter);
            if (staged.State.GroupId.Length != MeshGroupId.Size || staged.WouldReplace
                || _context.Store.IsBlocked(address) || !ServerRules.AreFew(persons.Values, staged.State.Extensions))
                return false;
            return ServerTerms.TryRead(staged.State.Extensions, out ServerTerms? terms)
                ? JoinGroup(account, staged, terms, address, transaction)
                : JoinDirect(account, staged, inviter, transaction);
        }
    }

    private bool JoinDirect(
        ServerAccount account, StagedWelcome staged, byte[] inviter, MessageTransaction transaction)
    {
        // Another device of this account may have begun it.
        bool isOwn = IsOwnDevice(account, staged.Inviter.Leaf);
        if (DeviceLeaf.PersonsOf(staged.State.Members).Where(p => !p.AsSpan().SequenceEqual(account.Identity))
            .ToArray() is not [var peer] || !IsOwnLeafIn(account, staged) || staged.State.Extensions.Count > 0)
            return false;
        string domain = ElsewhereOf(account, DeviceLeaf.HomeOf(peer, staged.State.Members));
        ConversationId id = ServerIds.Direct(account.Server, domain, peer);
        bool isNew = !_entries.TryGetValue(id, out ServerEntry? entry);
        if (isNew && !(isOwn ? Of(account.Server).Count() < MaxConversations
            : inviter.AsSpan().SequenceEqual(account.Identity) ? HasRoomForUnknown(account)
            : HasRoomFor(account, NodeAddress.Of(peer))))
            return false;
        bool isLastResort = staged.IsLastResort;
        LeafNode founder = staged.Inviter.Leaf;
        if (!staged.Accept().TryGet(out Group? group))
            return false;
        entry ??= new ServerEntry(_self, id, account.Server, peer, () => _now)
        {
            Name = ServerNames.Of(NodeAddress.Of(peer).ToString(), domain.Length == 0 ? account.Server : domain),
            Domain = domain,
        };
        entry.IsAccepted |= isOwn;
        // Of two that nobody has spoken in, both sides take the same; who begins anew after that has lost the other.
        // A device alone does not put its group before one that others of its person are in.
        Group? ready = entry.Ready;
        bool isFirst = ready is null || (IsVouchedFor(founder, ready, group)
            && (entry.IsConfirmed || group.GroupId.Span.SequenceCompareTo(ready.GroupId.Span) < 0));
        // Whoever begins anew may have been without an account meanwhile.
        entry.IsBack(peer);
        entry.Add(group, isFirst);
        entry.IsConfirmed &= !isFirst;
        if (founder.SignatureKey.Span.SequenceEqual(inviter))
            entry.Removed.RemoveAll(k => ServerOutbox.Contains(entry.DevicesOfPeer(group), k));
        if (entry.Groups.All(g => g.Pending is null))
            entry.Change = null;
        entry.FoundAt = Instant.Never;
        SealWaiting(entry);
        Add(entry);
        TakeFromAccount(account, entry, transaction);
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
        if (!(inviter == NodeAddress.Of(account.Identity)
                ? IsOwnDevice(account, staged.Inviter.Leaf) || HasRoomForUnknown(account)
                : IsKnown(account, inviter))
            || !IsOwnLeafIn(account, staged) || _entries.ContainsKey(id)
            || Of(account.Server).Count() >= MaxConversations)
            return false;
        bool isLastResort = staged.IsLastResort, isOfDevices = IsIntoDevices(account, staged, terms);
        if (!staged.Accept().TryGet(out Group? group))
            return false;
        // The first device begins anew: it came back from a backup.
        if (isOfDevices && DevicesOf(account.Server) is { } before)
            Forget(before, transaction);
        var entry = new ServerEntry(_self, id, account.Server, null, () => _now)
        {
            Name = isOfDevices ? ServerTerms.OfDevices : FreeName(terms.Name, id),
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

    // A KeyPackage of another account of this node says that it is another person.
    private static bool IsOwnLeafIn(ServerAccount account, StagedWelcome staged) => staged.State.Self is { } self
        && staged.State.FindMember(self) is { } member
        && DeviceLeaf.PersonOf(member.Leaf).AsSpan().SequenceEqual(account.Identity);

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

    // The first device takes a revoked one out of what that one begins, and so has to come in.
    private bool HasRoomForUnknown(ServerAccount account) => Of(account.Server).Count() < MaxConversations
        && Of(account.Server).Count(e => e is { IsAccepted: false, IsOfDevices: false }) < MaxOfStrangers;

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
