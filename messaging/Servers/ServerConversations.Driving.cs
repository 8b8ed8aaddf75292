using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>
/// What a conversation needs of its server next. Every step ends on disk before the next is asked for, so that a node
/// that was
/// killed goes on where it was.
/// <code>
///  no channel --> OpenChannel --> no group --> KeyPackage --> commit and Welcome stored --> messages
///  change --> commit --> stored? --> merged        stale? --> the other commit is followed --> commit again
/// </code>
/// </content>
public sealed partial class ServerConversations
{
    /// <summary>
    /// Another commit came first and does not come: what is wanted is tried again after this. Arbitrary.
    /// </summary>
    private static readonly TimeSpan StalePause = TimeSpan.FromSeconds(5);

    private void Advance(Instant now, ServerEntry entry)
    {
        _now = now;
        if (!_entries.TryGetValue(entry.Id, out ServerEntry? there) || there != entry || !IsOpen(entry))
            return;
        Deliver(entry);
        if (entry.IsBusy || (entry.RetryAt != default && entry.RetryAt > now))
            return;
        if (entry.IsDirect && entry.Channel.Length == 0 && entry.Domain.Length == 0)
            Ask(entry, () => OpenChannelAsync(entry));
        else if (entry.Change is { IsStale: true })
            Ask(entry, () => DoAsync((_, transaction) => CommitAgain(entry, transaction)));
        else if (entry.Change is not null && entry.Groups.Any(g => g.Pending is not null))
            Ask(entry, () => StoreChangeAsync(entry));
        else if (entry.IsDirect && entry.Ready is null && MayFound(now, entry))
            Ask(entry, () => FoundAsync(entry));
        else if (OwnChange(entry) is { } change)
            Ask(entry, change);
    }

    private bool MayFound(Instant now, ServerEntry entry)
    {
        if (entry.IsFounder)
            return true;
        if (entry.FoundAt == Instant.Never)
            entry.FoundAt = now + FoundPause;
        if (entry.FoundAt <= now)
            return true;
        entry.RetryAt = entry.FoundAt;
        return false;
    }

    /// <summary>Does one step; where it fails, the next try is later.</summary>
    private void Ask(ServerEntry entry, Func<Task<bool>> step)
    {
        entry.IsBusy = true;
        Run(async () =>
        {
            bool isDone = false;
            try
            {
                isDone = await step().ConfigureAwait(false);
            }
            finally
            {
                await _context.Loop.PostAsync(now =>
                {
                    entry.IsBusy = false;
                    if (isDone)
                        (entry.RetryAt, entry.Failures) = (default, 0);
                    else
                        PutOff(now, entry);
                    Advance(now, entry);
                }).ConfigureAwait(false);
            }
        });
    }

    private async Task<bool> OpenChannelAsync(ServerEntry entry)
    {
        ServerAnswer<OpenedChannel> opened = await _port.OpenChannelAsync(entry.Server, entry.PeerKey!)
            .ConfigureAwait(false);
        if (opened.Value is not { } channel)
            return false;
        return await DoAsync((_, transaction) =>
        {
            if (!_entries.ContainsKey(entry.Id)
                || _entries.Values.Any(e => e.Channel.AsSpan().SequenceEqual(channel.Id)))
                return false;
            entry.Channel = channel.Id;
            entry.IsFounder = channel.WasNew && entry.Groups.Count == 0;
            transaction.Touch(entry, spent: false);
            transaction.WhenWritten(_ => _port.Read(entry.Server, entry.Channel));
            return true;
        }).ConfigureAwait(false);
    }

    private async Task<bool> FoundAsync(ServerEntry entry)
    {
        ServerAnswer<IReadOnlyList<byte[]>> packages = await _port.TakeKeyPackagesAsync(
            entry.Server, entry.PeerKey!, entry.Domain).ConfigureAwait(false);
        if (packages.Value is null)
            return false;
        // The first device comes in at once: it says to the others that this one is no stranger.
        byte[]? first = await _context.Loop.AskAsync(_ => _accounts.TryGetValue(entry.Server, out ServerAccount? own)
            && !IsFirst(own) ? own.Identity : null).ConfigureAwait(false);
        IReadOnlyList<byte[]> firsts = first is null ? []
            : (await _port.TakeKeyPackagesAsync(entry.Server, first, "", [first]).ConfigureAwait(false)).Value ?? [];
        return await DoAsync((_, transaction) =>
        {
            // Meanwhile the other side may have founded one.
            if (!_entries.ContainsKey(entry.Id) || entry.Ready is not null || entry.Change is not null)
                return true;
            List<byte[]> verified = VerifiedOf(packages.Value, entry.PeerKey!);
            if (verified.Count == 0)
                return false;

            byte[] id = new byte[MeshGroupId.Size];
            _self.Random(id);
            ServerAccount account = RequireAccount(entry.Server);
            entry.Add(_self.Found(id, null, account), isFirst: true);
            var change = new ServerChange();
            change.Add.AddRange(verified);
            if (first is not null && Own(entry, account, firsts, first) is { } vouching)
                change.Add.Add(vouching.ToMessage());
            Commit(entry, change, transaction);
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>Commits a change; it is on disk before the server is asked.</summary>
    private void Commit(ServerEntry entry, ServerChange change, MessageTransaction transaction)
    {
        change.IsStale = false;
        change.Secret = Draw();
        change.At = _context.Time.GetUtcNow();
        Group group = entry.Groups[0];
        List<KeyPackage> add = [];
        foreach (byte[] bytes in change.Add)
        {
            LeafNode leaf = LeafIn(bytes);
            if (group.Members.All(m => !m.Leaf.SignatureKey.Span.SequenceEqual(leaf.SignatureKey.Span))
                && Verified(bytes, DeviceLeaf.PersonOf(leaf)) is { } verified)
                add.Add(verified);
        }

        List<LeafIndex> remove = [];
        foreach (Member member in group.Members)
        {
            if (member.Index != group.Self && (ServerOutbox.Contains(change.Remove, member.Leaf.SignatureKey.Span)
                || ServerOutbox.Contains(change.Remove, DeviceLeaf.PersonOf(member.Leaf))))
                remove.Add(member.Index);
        }

        bool isWanted = add.Count > 0 || remove.Count > 0 || group.PendingProposals.Count > 0;
        // Copies for other servers wait in the outbox, whatever is in there.
        bool hasRoom = entry.Domain.Length == 0 || entry.Outbox.Messages.Count <= ServerOutbox.MaxMessages;
        var request = new CommitRequest { Add = add, Remove = remove };
        // What somebody proposed may be against the law without more of it; that holds up nothing else.
        if (!isWanted || !hasRoom || (!group.Commit(request).TryGet(out _) && (add.Count + remove.Count == 0
            || !group.Commit(request with { IncludePendingProposals = false }).TryGet(out _))))
        {
            // What was wanted is so already, or cannot be any more.
            entry.Change = null;
            transaction.Touch(entry, spent: false);
            if (isWanted)
                throw Refused($"that cannot be done in '{entry.Name}'");
            return;
        }

        entry.Change = change;
        transaction.Touch(entry, spent: true);
        Changed(entry, transaction);
        transaction.WhenWritten(at => Advance(at, entry));
    }

    private bool CommitAgain(ServerEntry entry, MessageTransaction transaction)
    {
        if (!_entries.ContainsKey(entry.Id) || entry.Change is not { IsStale: true } change)
            return true;
        Group group = entry.Groups[0];
        if (group.Pending is not null)
            group.DropPending();
        try
        {
            Commit(entry, change, transaction);
        }
        catch (MessagingException)
        {
            // Nobody waits for its answer any more; the change is given up, which is on disk with this.
            Counters.Add(ServerCount.Refused);
        }

        return true;
    }

    private async Task<bool> StoreChangeAsync(ServerEntry entry)
    {
        ServerChange? change = null;
        (List<ServerMessage> Messages, CommitPlace Place)? commit = await _context.Loop.AskAsync(_ =>
        {
            change = entry.Change;
            return MessagesOf(entry);
        }).ConfigureAwait(false);
        if (commit is not { } made || change is null)
            return true;
        StoredAnswer answer = made.Messages.Count == 0
            ? new StoredAnswer(ServerStatus.Done, 0)
            : await _port.StoreAsync(entry.Server, made.Messages, made.Place).ConfigureAwait(false);
        if (answer.Status == ServerStatus.Gone)
            return false;
        List<byte[]> absent = [];
        if (answer.Status == ServerStatus.NotFound)
        {
            // One of them has no account any more: the others still follow.
            foreach (ServerMessage message in made.Messages)
            {
                ServerAnswer<string> found = await _port.FindNameAsync(entry.Server, message.Recipient, message.Domain)
                    .ConfigureAwait(false);
                if (found.Status == ServerStatus.NotFound)
                    absent.Add(message.Recipient.ToArray());
            }
        }

        // What lies in this account's own inbox may have told it first; then there may be another change by now.
        return await DoAsync((now, transaction) => entry.Change != change
            || Settled(now, entry, made.Place, answer, absent, transaction)).ConfigureAwait(false);
    }

    /// <summary>The commit for everybody who is in, and the Welcome for who comes in.</summary>
    private (List<ServerMessage> Messages, CommitPlace Place)? MessagesOf(ServerEntry entry)
    {
        if (entry.Change is not { IsStale: false } change
            || entry.Groups.FirstOrDefault(g => g.Pending is not null) is not { } group)
            return null;
        PendingCommit pending = group.Pending!;
        List<ServerMessage> messages = [];
        string order = OrderOf(entry);
        List<byte[]> members = [.. ServerEntry.Others(group).Where(k => !ServerOutbox.Contains(entry.Absent, k))];
        (byte[] Person, string Domain)[] added = pending.Welcome is null ? [] : [.. AddedBy(entry, change)];
        void Add(byte[] person, byte[] channel, byte[] payload, byte kind) => messages.Add(new ServerMessage(
            person, channel, ServerIds.Uuid(change.At, change.Secret, person, kind), payload, ReceiptLifetime)
        {
            Domain = order,
        });
        foreach (byte[] member in members.Where(k => entry.DomainOf(k) == order))
            Add(member, entry.Channel, pending.Message, 2);
        foreach ((byte[] person, _) in added.Where(a => a.Domain == order))
            Add(person, [], pending.Welcome!, 3);
        var place = new CommitPlace(group.GroupId, group == entry.Groups[0] ? entry.Number : group.Epoch);
        if (entry.Domain.Length == 0)
            return (messages, place);
        // What has the number has to be somewhere, so that it is known again: it is ordered by this node's server
        // then, and its own copy does nothing when it is read.
        if (messages.Count == 0)
            Add(OwnIn(entry), [], pending.Message, 2);
        return (messages, place with
        {
            Elsewhere = [.. members.Select(k => (entry.DomainOf(k), (ReadOnlyMemory<byte>)k))
                .Concat(added.Select(a => (a.Domain, (ReadOnlyMemory<byte>)a.Person)))
                .Where(m => m.Item1.Length > 0 && m.Item1 != order)],
        });
    }

    /// <summary>
    /// The domain of the server that puts the commits of a conversation in order; empty where all is on one server. Of
    /// the two servers of a conversation with a user of another one it is that whose domain comes first.
    /// </summary>
    private string OrderOf(ServerEntry entry)
    {
        string home = HomeOf(entry);
        return entry is { IsDirect: true, Domain.Length: > 0 } && string.CompareOrdinal(home, entry.Domain) < 0
            ? home : entry.Domain;
    }

    /// <summary>The persons whose devices a change adds, each once, and the domains of their servers.</summary>
    private static IEnumerable<(byte[] Person, string Domain)> AddedBy(ServerEntry entry, ServerChange change) =>
        change.Add.DistinctBy(p => Convert.ToHexString(PersonIn(p))).Select(p => (PersonIn(p),
            entry.Domain.Length == 0 || (entry.PeerKey is { } peer && peer.AsSpan().SequenceEqual(PersonIn(p)))
                ? entry.Domain : HomeIn(p)));

    /// <summary>
    /// What the server that orders commits does not store itself: the commit for members of other servers, and their
    /// Welcomes. They stand in the outbox before everything of the state that follows.
    /// </summary>
    private void AddCopies(Instant now, ServerEntry entry, ServerChange change, Group group)
    {
        if (entry.Domain.Length == 0)
            return;
        PendingCommit pending = group.Pending!;
        string order = OrderOf(entry);
        foreach (IGrouping<string, byte[]> members in ServerEntry.Others(group)
            .Where(k => !ServerOutbox.Contains(entry.Absent, k))
            .GroupBy(k => entry.DomainOf(k)).Where(m => m.Key != order))
            AddCopy(now, entry, members, pending.Message);
        foreach (IGrouping<string, byte[]> added in AddedBy(entry, change)
            .GroupBy(a => a.Domain, a => a.Person).Where(m => m.Key != order))
            AddCopy(now, entry, added, pending.Welcome);
    }

    private void AddCopy(
        Instant now, ServerEntry entry, IGrouping<string, byte[]> receivers, byte[]? bytes)
    {
        if (bytes is null)
            return;
        var copy = new ServerOutgoing(Draw(), Draw(), _context.Time.GetUtcNow(), now + ReceiptLifetime)
        {
            Sealed = bytes,
            Domain = receivers.Key,
        };
        copy.Missing.AddRange(receivers);
        entry.Outbox.Add(copy);
    }

    private string HomeOf(ServerEntry entry) => _accounts.GetValueOrDefault(entry.Server)?.Domain ?? "";

    private static string HomeIn(byte[] package) => ServerHome.Of(LeafIn(package));

    private bool Settled(
        Instant now, ServerEntry entry, CommitPlace place, StoredAnswer answer, List<byte[]> absent,
            MessageTransaction transaction)
    {
        Group? group = entry.Groups.FirstOrDefault(g => g.GroupId.Span.SequenceEqual(place.Group.Span));
        if (!_entries.ContainsKey(entry.Id) || entry.Change is not { } change || group is null)
            return true;
        transaction.Touch(entry, spent: true);
        switch (answer.Status)
        {
            case ServerStatus.Done when group.Pending is not null:
                AddCopies(now, entry, change, group);
                List<byte[]> devices = entry.DevicesOfPeer(group);
                group.MergePending();
                if (group == entry.Groups[0])
                    entry.Number = place.Number + 1;
                entry.NoteDevices(group, devices);
                foreach (byte[] added in change.Add)
                    entry.IsBack(PersonIn(added));
                entry.Change = null;
                SealWaiting(entry);
                TakeEarly(entry, transaction);
                Changed(entry, transaction);
                return true;
            case ServerStatus.Stale:
                Counters.Add(ServerCount.Stale);
                // What won is in this node's inbox already, or was not meant for it.
                if (group == entry.Groups[0])
                    entry.Number = answer.Number;
                bool isFollowed = group.Pending is null;
                change.IsStale = true;
                entry.RetryAt = isFollowed ? default : now + StalePause;
                return isFollowed;
            case ServerStatus.NotFound when absent.Count > 0 && absent.All(a => !ServerOutbox.Contains(entry.Absent, a))
                && !change.Add.Any(p => ServerOutbox.Contains(absent, PersonIn(p))) && entry.TryNoteAbsent(absent):
                return true;
            default:
                // The server takes it never: what was wanted does not happen.
                Counters.Add(ServerCount.Refused);
                if (group.Pending is not null)
                    group.DropPending();
                entry.Change = null;
                // One that did not come about is founded anew; one that stands has lost this change only.
                if (entry.IsDirect && group.MemberCount == 1)
                    entry.Remove(group);
                Changed(entry, transaction);
                // What this node wants by itself, it wants again: later and later.
                return false;
        }
    }

    // What this node verified when it came, so that it parses.
    private static LeafNode LeafIn(byte[] package) => UnverifiedKeyPackage.Parse(package).Value.Leaf;

    private static byte[] PersonIn(byte[] package) => DeviceLeaf.PersonOf(LeafIn(package));
}
