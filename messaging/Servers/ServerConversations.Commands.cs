using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <content>What the owner does with accounts and conversations. Each answers when its effect is on disk.</content>
public sealed partial class ServerConversations
{
    /// <summary>How long a KeyPackage may be used.</summary>
    private static readonly TimeSpan KeyPackageLifetime = TimeSpan.FromDays(90);

    /// <summary>
    /// KeyPackages whose keys are kept, at most; the oldest give way. Arbitrary; each is about a kilobyte.
    /// </summary>
    private const int MaxKeyPackages = 160;

    private const ushort KeyPackageFormat = 5;
    private const int MessageHeadSize = 4;

    /// <summary>Sees to it that there is an account.</summary>
    /// <param name="server">The server, as <see cref="ServerNames.IsServer"/> has it.</param>
    /// <param name="user">The own name there.</param>
    /// <param name="certificate">
    /// The word of the account's identity that this node is a device of it; null where it is the first one.
    /// </param>
    public Task<ServerAccountState> AddAccountAsync(
        string server, string user, DeviceCertificate? certificate = null) => DoAsync((_, transaction) =>
    {
        byte[] identity = (certificate?.Identity ?? _context.Identity.PublicKey).ToArray();
        if (certificate is not null && !certificate.IsOf(_context.Identity.PublicKey.Span))
            throw Refused("the certificate is of another device: it has to be made for this node's card");
        if (!_accounts.TryGetValue(server, out ServerAccount? account))
        {
            if (_accounts.Count >= MaxAccounts)
                throw Refused($"this node has {MaxAccounts} accounts already");
            _accounts[server] = account = new ServerAccount(server, user, identity);
        }
        else if (!account.Identity.AsSpan().SequenceEqual(identity))
        {
            throw Refused($"this node's account on {server} is another person's: delete it here first (--local)");
        }

        account.User = user;
        account.Become(identity, certificate);
        transaction.Touch(account, spent: false);
        return Describe(account);
    });

    /// <summary>Forgets an account, and the keys of its conversations; messages stay.</summary>
    public Task<bool> RemoveAccountAsync(string server) => DoAsync((_, transaction) =>
    {
        foreach (ServerEntry entry in Of(server).ToArray())
            Forget(entry, transaction);
        if (!_accounts.Remove(server, out ServerAccount? account))
            return false;
        _domains.TryRemove(KeyValuePair.Create(account.Domain, server));
        transaction.Leave(account);
        return true;
    });

    /// <summary>The accounts.</summary>
    public Task<IReadOnlyList<ServerAccountState>> ListAccountsAsync() =>
        _context.Loop.AskAsync<IReadOnlyList<ServerAccountState>>(
        _ => [.. _accounts.Values.Select(Describe).OrderBy(a => a.Server, StringComparer.Ordinal)]);

    /// <summary>The conversations, by name.</summary>
    public Task<IReadOnlyList<ServerConversation>> ListAsync() =>
        _context.Loop.AskAsync<IReadOnlyList<ServerConversation>>(
        _ => [.. _entries.Values.Where(e => !e.IsOfDevices).Select(Describe)
            .OrderBy(e => e.Name, StringComparer.Ordinal)]);

    /// <summary>The connection of an account is there or is made from now on; or it is not.</summary>
    public async Task SetOpenAsync(string server, bool isOpen) => await _context.Loop.PostAsync(now =>
    {
        if (!_accounts.TryGetValue(server, out ServerAccount? account))
            return;
        account.IsOpen = isOpen;
        foreach (ServerEntry entry in Of(server).ToArray())
        {
            if (isOpen && entry.Channel.Length > 0)
                _port.Read(server, entry.Channel);
            Advance(now, entry);
        }

        if (isOpen && IsFirst(account))
            Envelopes?.Opened(now, server);
    }).ConfigureAwait(false);

    /// <summary>
    /// What an account's server is called among servers. The first name that it tells stays as long as the account:
    /// under another one its own names would be asked for without its log of keys. The name of another account's server
    /// is none.
    /// </summary>
    public Task<bool> SetDomainAsync(string server, string domain) => DoAsync((_, transaction) =>
    {
        if (!_accounts.TryGetValue(server, out ServerAccount? account) || account.Domain.Length > 0
            || !ServerNames.IsServer(domain)
            || _accounts.Values.Any(a => a != account && (a.Domain == domain || a.Server == domain)))
            return false;
        account.Domain = domain;
        _domains[domain] = server;
        transaction.Touch(account, spent: false);
        return true;
    });

    /// <summary>A new KeyPackage for others, bare; its keys are on disk.</summary>
    /// <param name="server">The server that it is for: its account says whose device this is.</param>
    /// <param name="isLastResort">Whether it is given when no other is left.</param>
    public Task<byte[]> MakeKeyPackageAsync(string server, bool isLastResort) => DoAsync((_, transaction) =>
    {
        ServerAccount account = RequireAccount(server);
        IReadOnlyList<OwnKeyPackage> kept = _self.Client.KeyPackages();
        if (isLastResort
            && kept.FirstOrDefault(k => k.IsLastResort && account.IsOwnLeaf(k.KeyPackage.Content.Leaf)
                && k.NotAfter > _self.Time.GetUtcNow() + (KeyPackageLifetime / 2)) is { } there)
            return Bare(there.KeyPackage);
        foreach (OwnKeyPackage over in kept
            .Where(k => !k.IsLastResort).OrderBy(k => k.NotAfter).SkipLast(MaxKeyPackages - 1))
            _self.Client.DeleteKeyPackage(over.KeyPackage.Reference.Span);
        _self.Client.Expire();
        TouchDesk(transaction);
        return Bare(_self.MakeKeyPackage(KeyPackageLifetime, isLastResort, account));
    });

    /// <summary>The conversation with a user; begun where there is none.</summary>
    /// <param name="to"><c>USER@SERVER</c>.</param>
    public async Task<ServerConversation> OpenAsync(string to) =>
        await _context.Loop.AskAsync(_ => Find(to) is { } id ? Describe(id) as ServerConversation : null)
            .ConfigureAwait(false)
        ?? await BeginAsync(to).ConfigureAwait(false);

    /// <summary>Founds a group on a server.</summary>
    /// <param name="server">The server of an account.</param>
    /// <param name="name">What to call it.</param>
    public Task<ServerConversation> CreateAsync(string server, string name) => DoAsync((_, transaction) =>
    {
        ServerAccount account = RequireAccount(server);
        CheckName(name);
        CheckRoom(server);
        byte[] id = new byte[MeshGroupId.Size];
        _self.Random(id);
        var entry = new ServerEntry(_self, ServerIds.Group(server, id), server, null, () => _now)
        {
            Name = name,
            IsAccepted = true,
            Domain = account.Domain,
        };
        var terms = new ServerTerms(account.Identity, name) { Domain = account.Domain };
        entry.Add(_self.Found(id, terms, account), isFirst: true);
        Add(entry);
        transaction.Touch(entry, spent: true);
        Changed(entry, transaction);
        return Describe(entry);
    });

    /// <summary>Adds users to a group; it is done when the server takes the commit.</summary>
    /// <param name="group">The group's name or id.</param>
    /// <param name="users">Names on the same server, with or without it; <c>USER@DOMAIN</c> on another one.</param>
    public async Task<ServerConversation> InviteAsync(string group, IReadOnlyList<string> users)
    {
        (string server, string order) =
            await _context.Loop.AskAsync(_ => (Entry(group).Server, Entry(group).Domain)).ConfigureAwait(false);
        List<byte[]> packages = [];
        foreach (string user in users)
        {
            (byte[] key, string domain, string home) = await FindKeyAsync(user, server).ConfigureAwait(false);
            if (domain.Length > 0 && order.Length == 0)
                throw Refused($"'{group}' is of one server only: make a new group for people of {domain}");
            ServerAnswer<IReadOnlyList<byte[]>> taken =
                await _port.TakeKeyPackagesAsync(server, key, domain).ConfigureAwait(false);
            if (taken.Value is null)
                throw Refused(Sentence(taken.Status, server, $"{user} has left no KeyPackage there"));
            List<byte[]> verified = VerifiedOf(taken.Value, key);
            if (verified.Count == 0)
                throw Refused($"the KeyPackage of {user} is none, or not of {user}");
            if (order.Length > 0 && verified.RemoveAll(p => HomeIn(p) != home) > 0 && verified.Count == 0)
                throw Refused($"the KeyPackage of {user} is older than the federation of {home}: try another one");
            // Whether its owner knows who invites is for the first device to say; then it puts the others in.
            byte[]? first = verified.Find(p => LeafIn(p).SignatureKey.Span.SequenceEqual(key));
            packages.AddRange(first is null ? verified : [first]);
        }

        return await DoAsync((_, transaction) =>
        {
            ServerEntry entry = Changeable(group);
            var change = new ServerChange();
            change.Add.AddRange(packages);
            Commit(entry, change, transaction);
            return Describe(entry);
        }).ConfigureAwait(false);
    }

    /// <summary>
    /// Removes a user from a group that this node founded; it is done when the server takes the commit.
    /// </summary>
    public async Task<ServerConversation> RemoveAsync(string group, string user)
    {
        string server = await _context.Loop.AskAsync(_ => Entry(group).Server).ConfigureAwait(false);
        (byte[] key, _, _) = await FindKeyAsync(user, server).ConfigureAwait(false);
        return await DoAsync((_, transaction) =>
        {
            ServerEntry entry = Changeable(group);
            if (!ServerOutbox.Contains(OthersIn(entry, entry.Groups[0]), key))
                throw Refused($"{user} is not in '{entry.Name}'");
            var change = new ServerChange();
            change.Remove.Add(key);
            Commit(entry, change, transaction);
            return Describe(entry);
        }).ConfigureAwait(false);
    }

    /// <summary>
    /// Leaves a conversation: its keys are forgotten here. The others of a group are asked to take this node out of it.
    /// </summary>
    /// <returns>What it was called.</returns>
    public Task<string> LeaveAsync(string name) => DoAsync((now, transaction) =>
    {
        ServerEntry entry = Entry(name);
        List<byte[]> proposals = [];
        if (!entry.IsDirect && !entry.IsLeaving && entry.Ready is { } group)
        {
            // A person leaves with all of its devices. The identity is first: no commit has it without the others.
            byte[] own = OwnIn(entry);
            foreach (Member member in group.Members
                .Where(m => DeviceLeaf.PersonOf(m.Leaf).AsSpan().SequenceEqual(own))
                .OrderByDescending(m => m.Leaf.SignatureKey.Span.SequenceEqual(own)).ToArray())
            {
                if (group.ProposeRemove(member.Index).TryGet(out byte[]? proposal))
                    proposals.Add(proposal);
            }
        }

        if (proposals.Count == 0)
        {
            Forget(entry, transaction);
            return entry.Name;
        }

        entry.IsLeaving = true;
        foreach (byte[] proposal in proposals)
        {
            var message = new ServerOutgoing(Draw(), Draw(), _context.Time.GetUtcNow(), now + LeaveLifetime)
            {
                Sealed = proposal,
            };
            message.Missing.AddRange(ServerEntry.Others(entry.Groups[0]));
            entry.Outbox.Add(message);
        }

        transaction.Touch(entry, spent: true);
        transaction.WhenWritten(at => Advance(at, entry));
        return entry.Name;
    });

    private static byte[] Bare(KeyPackage package) => package.ToMessage()[MessageHeadSize..];

    private async Task<ServerConversation> BeginAsync(string to)
    {
        if (!ServerNames.TryParse(to, out string user, out string where))
            throw new MessagingException(Refusal.UnknownConversation, $"there is no conversation '{to}' on a server");
        (string server, byte[] own) = await _context.Loop.AskAsync(_ =>
        {
            ServerAccount account = AccountFor(where);
            return (account.Server, account.Identity);
        }).ConfigureAwait(false);
        (byte[] key, string domain, _) = await FindKeyAsync(to, server).ConfigureAwait(false);
        string name = ServerNames.Of(user, domain.Length == 0 ? server : domain);
        if (key.AsSpan().SequenceEqual(own))
            throw Usage("that is this node's own account");
        return await DoAsync((_, transaction) =>
        {
            ConversationId id = ServerIds.Direct(server, domain, key);
            if (!_entries.TryGetValue(id, out ServerEntry? entry))
            {
                CheckRoom(server);
                // Whoever was here first under this name keeps it; the server may not put another in its place.
                if (Find(name) is not null)
                    throw Refused($"{name} has another key than before");
                // Between servers there are no channels, which say who founds: whoever writes does.
                entry = new ServerEntry(_self, id, server, key, () => _now)
                {
                    Name = name,
                    Domain = domain,
                    IsFounder = domain.Length > 0,
                };
                Add(entry);
            }

            entry.IsAccepted = true;
            transaction.Touch(entry, spent: false);
            transaction.WhenWritten(at => Advance(at, entry));
            return Describe(entry);
        }).ConfigureAwait(false);
    }

    /// <summary>The account that reaches a server: one on it, else the first whose server speaks with others.</summary>
    private ServerAccount AccountFor(string where) => _accounts.GetValueOrDefault(where)
        ?? _accounts.Values.FirstOrDefault(a => a.Domain == where)
        ?? _accounts.Values.Where(a => a.Domain.Length > 0).MinBy(a => a.Server, StringComparer.Ordinal)
        ?? RequireAccount(where);

    private ServerAccount RequireAccount(string server) => _accounts.TryGetValue(server, out ServerAccount? account)
        ? account : throw Refused($"this node has no account on {server}");

    private ServerEntry Changeable(string name)
    {
        ServerEntry entry = Entry(name);
        if (entry.IsDirect)
            throw Refused($"'{entry.Name}' is with one user: make a group for more");
        if (entry.Groups is not [{ Status: GroupStatus.Active }])
            throw Refused($"this node is no member of '{entry.Name}' any more");
        return entry.Change is null ? entry : throw Refused(
            $"a change of '{entry.Name}' waits for the server: try again");
    }

    private void CheckRoom(string server)
    {
        if (Of(server).Count() >= MaxConversations)
            throw Refused($"this node has {MaxConversations} conversations on {server} already");
    }

    private void CheckName(string name)
    {
        if (!OwnNames.IsName(name, ServerTerms.MaxName) || name.Contains('@', StringComparison.Ordinal))
            throw Usage($"a group's name has 1 to {ServerTerms.MaxName} bytes, no @, {OwnNames.Rule}");
        if (Find(name) is not null)
            throw Refused($"there is a conversation '{name}' already: choose another NAME");
    }

    private void Forget(ServerEntry entry, MessageTransaction transaction)
    {
        Remove(entry);
        entry.Forget();
        transaction.Leave(entry);
    }

    private ServerAccountState Describe(ServerAccount account) => new(
        account.Server, account.User, Of(account.Server).Count(e => !e.IsOfDevices),
        Of(account.Server).Sum(e => e.Outbox.Messages.Count), account.Lost);
}
