using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Messages;
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
        _ => [.. _entries.Values.Select(Describe).OrderBy(e => e.Name, StringComparer.Ordinal)]);

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

    /// <summary>A new KeyPackage for others, bare; its keys are on disk.</summary>
    public Task<byte[]> MakeKeyPackageAsync(string server, bool isLastResort) => DoAsync((_, transaction) =>
    {
        ServerAccount account = RequireAccount(server);
        IReadOnlyList<OwnKeyPackage> kept = _self.Client.KeyPackages();
        if (isLastResort
            && kept.FirstOrDefault(k => k.IsLastResort && IsOf(account, k.KeyPackage)
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
        CheckName(name);
        CheckRoom(server);
        byte[] id = new byte[MeshGroupId.Size];
        _self.Random(id);
        var entry = new ServerEntry(_self, ServerIds.Group(server, id), server, null, () => _now)
        {
            Name = name,
            IsAccepted = true,
        };
        ServerAccount account = RequireAccount(server);
        entry.Add(_self.Found(id, new ServerTerms(account.Identity, name), account), isFirst: true);
        Add(entry);
        transaction.Touch(entry, spent: true);
        Changed(entry, transaction);
        return Describe(entry);
    });

    /// <summary>Adds users to a group; it is done when the server takes the commit.</summary>
    /// <param name="group">The group's name or id.</param>
    /// <param name="users">Names on the same server, with or without it.</param>
    public async Task<ServerConversation> InviteAsync(string group, IReadOnlyList<string> users)
    {
        string server = await _context.Loop.AskAsync(_ => Entry(group).Server).ConfigureAwait(false);
        List<byte[]> packages = [];
        foreach (string user in users)
        {
            byte[] key = await FindKeyAsync(user, server).ConfigureAwait(false);
            ServerAnswer<IReadOnlyList<byte[]>> taken =
                await _port.TakeKeyPackagesAsync(server, key).ConfigureAwait(false);
            if (taken.Value is null)
                throw Refused(Sentence(taken.Status, server, $"{user} has left no KeyPackage there"));
            List<byte[]> verified = VerifiedOf(taken.Value, key);
            if (verified.Count == 0)
                throw Refused($"the KeyPackage of {user} is none, or not of {user}");
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
        byte[] key = await FindKeyAsync(user, server).ConfigureAwait(false);
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
            // A person leaves with all of its devices.
            byte[] own = OwnIn(entry);
            foreach (Member member in group.Members
                .Where(m => DeviceLeaf.PersonOf(m.Leaf).AsSpan().SequenceEqual(own)).ToArray())
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

    private static string Sentence(ServerStatus status, string server, string notFound) => status switch
    {
        ServerStatus.NotFound => notFound,
        ServerStatus.Gone =>
            $"{server} cannot be reached: the first time somebody is named, the server is asked who that is",
        _ => $"{server} does not answer that ({status})",
    };

    private static bool IsOf(ServerAccount account, KeyPackage package) =>
        package.Content.Leaf.Extensions.TryFind(DeviceLeaf.Type, out ReadOnlyMemory<byte> data)
            ? account.Certificate is { } certificate && data.Span.SequenceEqual(certificate.Bytes.Span)
            : account.Certificate is null;

    /// <summary>
    /// KeyPackages of the devices of a person as messages; what a server gave beside them is left out and counted.
    /// </summary>
    private List<byte[]> VerifiedOf(IReadOnlyList<byte[]> packages, byte[] person)
    {
        List<byte[]> verified = [];
        List<byte[]> devices = [];
        foreach (byte[] bytes in packages)
        {
            if (verified.Count < DeviceLeaf.MaxDevices && Verified(bytes, person) is { } package
                && !ServerOutbox.Contains(devices, package.Content.Leaf.SignatureKey.Span))
            {
                verified.Add(package.ToMessage());
                devices.Add(package.Content.Leaf.SignatureKey.ToArray());
            }
            else
            {
                Counters.Add(ServerCount.Refused);
            }
        }

        return verified;
    }

    /// <summary>
    /// Reads a KeyPackage, bare or as a message; null if it is none, of another person, or of a device that nobody
    /// takes in any more.
    /// </summary>
    private KeyPackage? Verified(byte[] bytes, ReadOnlySpan<byte> person)
    {
        if (bytes.Length is < MessageHeadSize or > ServerChange.MaxKeyPackage - MessageHeadSize)
            return null;
        byte[] message = bytes[2] == 0 && bytes[3] == KeyPackageFormat ? bytes
            : [0, 1, 0, (byte)KeyPackageFormat, .. bytes];
        return UnverifiedKeyPackage.Parse(message).TryGet(out UnverifiedKeyPackage? parsed)
            && DeviceLeaf.IsSound(parsed.Leaf) && DeviceLeaf.IsAlive(parsed.Leaf, _self.Time.GetUtcNow())
            && DeviceLeaf.PersonOf(parsed.Leaf).AsSpan().SequenceEqual(person)
            && _self.Client.Verify(parsed).TryGet(out KeyPackage? verified) ? verified : null;
    }

    private async Task<byte[]> FindKeyAsync(string user, string server)
    {
        string name = user;
        if (user.Contains('@', StringComparison.Ordinal))
        {
            if (!ServerNames.TryParse(user, out name, out string where) || where != server)
                throw Usage($"'{user}' is no user of {server}");
        }
        else if (!ServerNames.IsUser(user))
        {
            throw Usage($"'{user}' is no name of a user: it has 1 to {ServerNames.MaxUser} of a-z 0-9 . - _");
        }

        ServerAnswer<byte[]> found = await _port.FindUserAsync(server, name).ConfigureAwait(false);
        byte[] key = found.Value
            ?? throw Refused(Sentence(found.Status, server, $"nobody on {server} is called {name}"));
        return Ed25519.IsValidPublicKey(key) ? key : throw Refused($"{server} names no usable key for {name}");
    }

    private async Task<ServerConversation> BeginAsync(string to)
    {
        if (!ServerNames.TryParse(to, out _, out string server))
            throw new MessagingException(Refusal.UnknownConversation, $"there is no conversation '{to}' on a server");
        byte[] own = await _context.Loop.AskAsync(_ => RequireAccount(server).Identity).ConfigureAwait(false);
        byte[] key = await FindKeyAsync(to, server).ConfigureAwait(false);
        if (key.AsSpan().SequenceEqual(own))
            throw Usage("that is this node's own account");
        return await DoAsync((_, transaction) =>
        {
            ConversationId id = ServerIds.Direct(server, key);
            if (!_entries.TryGetValue(id, out ServerEntry? entry))
            {
                CheckRoom(server);
                // Whoever was here first under this name keeps it; the server may not put another in its place.
                if (Find(to) is not null)
                    throw Refused($"{to} has another key than before");
                entry = new ServerEntry(_self, id, server, key, () => _now) { Name = to };
                Add(entry);
            }

            entry.IsAccepted = true;
            transaction.Touch(entry, spent: false);
            transaction.WhenWritten(at => Advance(at, entry));
            return Describe(entry);
        }).ConfigureAwait(false);
    }

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
        account.Server, account.User, Of(account.Server).Count(),
        Of(account.Server).Sum(e => e.Outbox.Messages.Count), account.Lost);
}
