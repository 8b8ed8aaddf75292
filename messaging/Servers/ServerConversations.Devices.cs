using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>
/// Devices of an account (docs/reference/server-conversations.md, section 10). The first one has its identity,
/// certifies others and puts them into conversations; any of them sends and reads.
/// <code>
///  certified --> notice --> KeyPackage --> commit for each conversation without it
///  revoked   --> commit for each conversation with it, also those that others put it into later
/// </code>
/// </content>
public sealed partial class ServerConversations
{
    /// <summary>
    /// What somebody puts into the inbox as a notice of a device is looked at so often at most. Arbitrary.
    /// </summary>
    private static readonly TimeSpan NoticePause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan NoticeLifetime = TimeSpan.FromDays(7);

    private readonly Dictionary<string, Instant> _noticed = new(StringComparer.Ordinal);

    /// <summary>Remembers a device that this node has certified: it comes into all conversations.</summary>
    /// <param name="server">The server.</param>
    /// <param name="device">The device's key, 32 bytes.</param>
    /// <param name="name">What the owner calls it: 1 to 64 bytes.</param>
    public Task<bool> AddDeviceAsync(
        string server, ReadOnlyMemory<byte> device, string name) => DoAsync((_, transaction) =>
    {
        ServerAccount account = RequireAccount(server);
        if (account.Certificate is not null)
            throw Refused("the first device of the account adds others");
        if (!ServerOutbox.Contains(account.Devices, device.Span)
            && account.Devices.Count >= DeviceLeaf.MaxDevices - 1)
            throw Refused($"an account has {DeviceLeaf.MaxDevices} devices: revoke one");
        account.Names[Convert.ToHexString(device.Span)] = name;
        transaction.Touch(account, spent: false);
        account.Revoked.RemoveAll(k => device.Span.SequenceEqual(k));
        FoundDevices(account, transaction);
        if (ServerOutbox.Contains(account.Devices, device.Span))
            return false;
        account.Devices.Add(device.ToArray());
        transaction.WhenWritten(at => AdvanceAll(at, server));
        return true;
    });

    /// <summary>
    /// The keys of the other devices that this node has certified, and of those that it sees in conversations: a node
    /// that came back from a recovery code remembers none. Revoked ones are among them while they are remembered.
    /// </summary>
    public Task<IReadOnlyList<KnownDevice>> ListDevicesAsync(string server) =>
        _context.Loop.AskAsync<IReadOnlyList<KnownDevice>>(_ =>
        {
            ServerAccount account = RequireAccount(server);
            return [.. account.Devices.Concat(account.Revoked)
                .Concat(Of(server).SelectMany(e => e.Groups).SelectMany(g => Leaves(g, account))
                    .Select(m => m.Leaf.SignatureKey.ToArray()))
                .DistinctBy(Convert.ToHexString).Select(k => new KnownDevice(
                    k, account.Names.GetValueOrDefault(Convert.ToHexString(k)),
                    ServerOutbox.Contains(account.Revoked, k)))];
        });

    /// <summary>Removes a device from all conversations, and from those that others put it into later.</summary>
    public Task<bool> RevokeDeviceAsync(string server, ReadOnlyMemory<byte> device) => DoAsync((_, transaction) =>
    {
        ServerAccount account = RequireAccount(server);
        account.Revoke(device.ToArray());
        transaction.Touch(account, spent: false);
        transaction.WhenWritten(at => AdvanceAll(at, server));
        return true;
    });

    /// <summary>
    /// Tells the other devices of an account, where there are any, that this one is there and has left KeyPackages. The
    /// first one too: what another one began without it is else told to it only when that other one starts again.
    /// </summary>
    public async Task AnnounceDeviceAsync(string server)
    {
        ServerMessage? notice = await _context.Loop.AskAsync(_ =>
            _accounts.TryGetValue(server, out ServerAccount? account)
            && (account.Certificate is not null || account.Devices.Count > 0)
                ? new ServerMessage(
                    account.Identity, ReadOnlyMemory<byte>.Empty,
                    ServerIds.Uuid(_context.Time.GetUtcNow(), Draw(), account.Identity, 5),
                    new DeviceNotice(_context.Identity.PublicKey).ToBytes(), NoticeLifetime)
                : null).ConfigureAwait(false);
        if (notice is not null)
            _ = await _port.StoreAsync(server, [notice], null).ConfigureAwait(false);
    }

    /// <summary>
    /// This node has the account's identity. Groups of the mesh know nodes by their keys, so that no other device of an
    /// account is reached for them over its server.
    /// </summary>
    private static bool IsFirst(ServerAccount account) => account.Certificate is null;

    /// <summary>The identity of the account that a conversation is of.</summary>
    private byte[] OwnIn(ServerEntry entry) => _accounts.TryGetValue(entry.Server, out ServerAccount? account)
        ? account.Identity : _context.Identity.PublicKey.ToArray();

    /// <summary>The persons of a group but for the own one.</summary>
    private List<byte[]> OthersIn(ServerEntry entry, Group group)
    {
        byte[] own = OwnIn(entry);
        List<byte[]> others = ServerEntry.Others(group);
        others.RemoveAll(k => k.AsSpan().SequenceEqual(own));
        return others;
    }

    /// <summary>
    /// Whether what a device of this account begins is the owner's word: the first device knows which it certified, and
    /// the others know the first one.
    /// </summary>
    private static bool IsOwnDevice(ServerAccount account, LeafNode leaf) =>
        DeviceLeaf.PersonOf(leaf).AsSpan().SequenceEqual(account.Identity) && (IsFirst(account)
            ? ServerOutbox.Contains(account.Devices, leaf.SignatureKey.Span)
                && !ServerOutbox.Contains(account.Revoked, leaf.SignatureKey.Span)
            : leaf.SignatureKey.Span.SequenceEqual(account.Identity));

    /// <summary>
    /// Whether somebody may put this node into a conversation: the certificate has not ended, and no conversation has
    /// seen how the device was revoked. Joining is no law, so that clocks part nobody.
    /// </summary>
    private bool MayInvite(ServerAccount account, LeafNode inviter) =>
        DeviceLeaf.IsAlive(inviter, _context.Time.GetUtcNow())
        && !Of(account.Server).Any(e => ServerOutbox.Contains(e.Removed, inviter.SignatureKey.Span));

    /// <summary>
    /// Whether a device's group may come before one that is there: the device is in that one, or the identity of its
    /// person is in the new one, and so takes out what it has revoked.
    /// </summary>
    private static bool IsVouchedFor(LeafNode device, Group there, Group founded) =>
        Has(there, device.SignatureKey.Span) || Has(founded, DeviceLeaf.PersonOf(device));

    /// <summary>
    /// Whether something is of a device that was revoked: it was taken out while its person stayed, of this group or of
    /// the first one, or was never in that one. Nothing of it counts any more. While nobody has written in the first
    /// group, both sides may have founded one, and a device may be in the second one only, together with its identity.
    /// </summary>
    private static bool IsOfRevoked(ServerEntry entry, Group group, Outcome.ApplicationMessage said)
    {
        ReadOnlySpan<byte> device = said.Sender.Leaf.SignatureKey.Span;
        byte[] person = DeviceLeaf.PersonOf(said.Sender.Leaf);
        if (ServerOutbox.Contains(entry.Removed, device) || (said.IsFromFormerMember && HasPerson(group, person)))
            return true;
        return !device.SequenceEqual(person) && entry.Groups[0] != group && !Has(entry.Groups[0], device)
            && HasPerson(entry.Groups[0], person) && (entry.IsConfirmed || !Has(group, person));
    }

    /// <summary>Whether the peer's identity speaks in a group, and its device alone is in the first one.</summary>
    private static bool IsOverruled(ServerEntry entry, Group group, byte[] author, byte[] person) =>
        author.AsSpan().SequenceEqual(person) && Has(group, person) && !Has(entry.Groups[0], person);

    private static bool HasPerson(Group group, byte[] person) =>
        group.Members.Any(m => DeviceLeaf.PersonOf(m.Leaf).AsSpan().SequenceEqual(person));

    private static bool Has(Group group, ReadOnlySpan<byte> device)
    {
        foreach (Member member in group.Members)
        {
            if (member.Leaf.SignatureKey.Span.SequenceEqual(device))
                return true;
        }

        return false;
    }

    private void AdvanceAll(Instant now, string server)
    {
        foreach (ServerEntry entry in Of(server).ToArray())
            Advance(now, entry);
    }

    private bool TakeNotice(ServerAccount account, ReadOnlySpan<byte> data, MessageTransaction transaction)
    {
        if (!DeviceNotice.TryRead(data, out DeviceNotice notice))
            return false;
        string device = Convert.ToHexString(notice.Device.Span);
        if (account.Others.All(k => !notice.Device.Span.SequenceEqual(k)))
            return notice.Device.Span.SequenceEqual(_context.Identity.PublicKey.Span);
        // Anybody may say it: it costs questions to the server now and then, and nothing else.
        if (_noticed.TryGetValue(device, out Instant last) && _now < last + NoticePause)
            return true;
        _noticed[device] = _now;
        account.Away.Remove(device);
        string server = account.Server;
        transaction.WhenWritten(at => AdvanceAll(at, server));
        return true;
    }

    /// <summary>
    /// What another device of this account said: it is this person's word, and was on its way long ago.
    /// </summary>
    private bool TakeOwnContent(
        ServerEntry entry, byte[] authorKey, ServerPayload payload, MessageTransaction transaction)
    {
        EnvelopeId id = ServerIds.Message(ScopeOf(entry), authorKey, payload.Id);
        if (payload.Content is TypingContent)
            return true;
        if (_context.Store.FindMessage(id) is not null || transaction.Messages.Any(m => m.Message.Id == id))
        {
            Counters.Add(ServerCount.Repeated);
            return true;
        }

        _context.Loop.Reach(MessagingPlace.Keep);
        entry.IsAccepted = true;
        DateTimeOffset at = _context.Time.GetUtcNow();
        _context.Contents.Send(transaction, new Message(
            id, entry.Id, Outgoing: true, entry.Id.AsPeer, payload.Content.Text, MessageState.Forwarded,
            StateReason.None, 0, Priority.Normal, at, at)
        {
            Content = payload.Content,
            Protection = Protection.Mls,
        });
        transaction.WhenWritten(then =>
        {
            Counters.Add(ServerCount.Received);
            Advance(then, entry);
        });
        return true;
    }

    /// <summary>What this node has to change in a conversation by itself; null: nothing.</summary>
    private Func<Task<bool>>? OwnChange(ServerEntry entry)
    {
        if (entry.Change is not null || entry.IsLeaving
            || !_accounts.TryGetValue(entry.Server, out ServerAccount? account)
            || entry.Groups is not [{ Status: GroupStatus.Active, Pending: null } group, ..])
            return null;
        // Own leaves alone: a key of a device may be a person too.
        byte[][] revoked = [.. Leaves(group, account).Select(m => m.Leaf.SignatureKey.ToArray())
            .Where(k => ServerOutbox.Contains(account.Revoked, k))];
        if (revoked.Length > 0)
        {
            var change = new ServerChange();
            change.Remove.AddRange(revoked);
            return () => DoAsync((_, transaction) => TryCommit(entry, change, transaction));
        }

        if (group.PendingProposals.Count > 0 && IsFirstOfThoseWhoStay(group))
            return () => DoAsync((_, transaction) => TryCommit(entry, new ServerChange(), transaction));
        return (!entry.IsDirect || entry.Ready is not null) && Missing(group, account).Count > 0
            ? () => AddOwnAsync(entry) : null;
    }

    private static IEnumerable<Member> Leaves(Group group, ServerAccount account) => group.Members.Where(
        m => m.Index != group.Self && DeviceLeaf.PersonOf(m.Leaf).AsSpan().SequenceEqual(account.Identity));

    /// <summary>Own devices that are not in a group and may have KeyPackages.</summary>
    private static List<byte[]> Missing(Group group, ServerAccount account)
    {
        List<byte[]> missing = [.. account.Others.Where(k => !account.Away.Contains(Convert.ToHexString(k))
            && !Leaves(group, account).Any(m => m.Leaf.SignatureKey.Span.SequenceEqual(k)))];
        return missing.Count == 0 || DeviceLeaf.AreUnderstood(group.Members) ? missing : [];
    }

    private static bool IsFirstOfThoseWhoStay(Group group)
    {
        List<byte[]> leaving = DeviceLeaf.PersonsOf(group.Members.Where(m => group.PendingProposals.Any(
            p => p is RemoveProposal remove && remove.Removed == m.Index)));
        foreach (Member member in group.Members)
        {
            if (!ServerOutbox.Contains(leaving, DeviceLeaf.PersonOf(member.Leaf)))
                return member.Index == group.Self;
        }

        return false;
    }

    private async Task<bool> AddOwnAsync(ServerEntry entry)
    {
        // Of those alone that are missing: the others keep theirs for whoever adds them.
        (byte[] own, List<byte[]> wanted) = await _context.Loop.AskAsync(_ => (
            OwnIn(entry), _accounts.TryGetValue(entry.Server, out ServerAccount? asking)
                && entry.Groups is [var first, ..] ? Missing(first, asking) : [])).ConfigureAwait(false);
        if (wanted.Count == 0)
            return true;
        ServerAnswer<IReadOnlyList<byte[]>> packages =
            await _port.TakeKeyPackagesAsync(entry.Server, own, "", wanted).ConfigureAwait(false);
        if (packages.Status is not (ServerStatus.Done or ServerStatus.NotFound))
            return false;
        return await DoAsync((_, transaction) =>
        {
            if (!_entries.ContainsKey(entry.Id) || entry.Change is not null || entry.IsLeaving
                || !_accounts.TryGetValue(entry.Server, out ServerAccount? account)
                || entry.Groups is not [{ Status: GroupStatus.Active, Pending: null } group, ..])
                return true;
            var change = new ServerChange();
            foreach (byte[] missing in Missing(group, account).Where(k => ServerOutbox.Contains(wanted, k)))
            {
                if (Own(entry, account, packages.Value ?? [], missing) is not { } package)
                    account.Away.Add(Convert.ToHexString(missing));
                else
                    change.Add.Add(package.ToMessage());
            }

            return change.Add.Count == 0 || TryCommit(entry, change, transaction);
        }).ConfigureAwait(false);
    }

    /// <summary>The KeyPackage of another device of the account for a conversation; null: none is there.</summary>
    private KeyPackage? Own(
        ServerEntry entry, ServerAccount account, IReadOnlyList<byte[]> packages, byte[] device) =>
        packages.Select(p => Verified(p, account.Identity)).FirstOrDefault(
            p => p is not null && p.Content.Leaf.SignatureKey.Span.SequenceEqual(device)
                && (entry.Domain.Length == 0 || ServerHome.Of(p.Content.Leaf) == account.Domain));

    /// <summary>Commits what nobody waits for; false where it cannot be done now.</summary>
    private bool TryCommit(ServerEntry entry, ServerChange change, MessageTransaction transaction)
    {
        if (!_entries.ContainsKey(entry.Id) || entry.Change is not null
            || entry.Groups is not [{ Status: GroupStatus.Active, Pending: null }, ..])
            return true;
        try
        {
            Commit(entry, change, transaction);
            return true;
        }
        catch (MessagingException)
        {
            Counters.Add(ServerCount.Refused);
            return false;
        }
    }
}
