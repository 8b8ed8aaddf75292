using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Policy;
using QuicProChat.Mesh.Messaging.Groups.Ways;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Groups;

/// <content>What the owner does with groups. Each answers when its effect is on disk.</content>
public sealed partial class GroupConversations
{
    /// <summary>Founds a group.</summary>
    /// <param name="name">What to call it.</param>
    /// <param name="suite">The number of a cipher suite, or <c>pq</c>; null for 1.</param>
    /// <param name="isStrict">Past states take no commits at all.</param>
    public Task<GroupConversation> CreateAsync(string name, string? suite, bool isStrict) =>
        DoAsync((now, transaction) => Create(now, name, suite, isStrict, transaction));

    private GroupConversation Create(
        Instant now, string name, string? suite, bool isStrict, MessageTransaction transaction)
    {
        string own = CheckName(name);
        CheckRoom();
        CipherSuite wanted = GroupSuites.All[0];
        if (suite is not null && !GroupSuites.TryParse(suite, out wanted))
            throw Usage($"suite {suite} is none of {SuiteNames}");
        var state = new GroupEntry(_self, MeshGroup.Found(_self, now, own, wanted, isStrict), () => _now);
        Add(state);
        transaction.Touch(state, spent: true);
        return Describe(state);
    }

    /// <summary>
    /// Invites nodes, or users of servers where this node has an account: each is added when its KeyPackage has come.
    /// </summary>
    public async Task<GroupConversation> InviteAsync(string group, IReadOnlyList<string> to)
    {
        ArgumentNullException.ThrowIfNull(to);
        List<byte[]> keys = [];
        List<(NodeAddress Node, string Server)> onServers = [];
        foreach (string name in to)
        {
            if (ServerNames.TryParse(name, out string user, out string server))
            {
                byte[] found = await FindUserAsync(server, user).ConfigureAwait(false);
                keys.Add(found);
                onServers.Add((NodeAddress.Of(found), server));
                continue;
            }

            NodeAddress address = _book.Resolve(name);
            keys.Add(await _context.Keys.FindAsync(address).ConfigureAwait(false)
                ?? await _context.Keys.SeekAsync(address).ConfigureAwait(false));
        }

        return await DoAsync((now, transaction) =>
        {
            GroupEntry state = Administered(group);
            foreach (byte[] key in keys)
            {
                var address = NodeAddress.Of(key);
                if (address == _self.Address)
                    throw Usage("that is this node's own account");
                if (state.Group.Table.IsMember(address))
                    throw Refused($"{address} is in '{state.Group.Name}' already");
                CheckCanInvite(state, address);
                if (!_desk.Invite(address, state.Group.Id))
                    continue;
                foreach ((NodeAddress _, string server) in onServers.Where(s => s.Node == address))
                    Learn(now, address, server, transaction);
                Mail(key, new KeyPackageFrame(false, state.Group.CipherSuite, default).Write(), isBulk: false,
                    state.Group.CipherSuite, transaction);
                transaction.Touch(_desk, spent: false);
                LookFor(now, address, state.Group.Id);
            }

            return Describe(state);
        }).ConfigureAwait(false);
    }

    /// <summary>The key of a user of a server where this node has an account.</summary>
    private async Task<byte[]> FindUserAsync(string server, string user)
    {
        if (_inboxes is not { } inboxes
            || !await _context.Loop.AskAsync(_ => inboxes.HasAccount(server)).ConfigureAwait(false))
            throw Refused($"this node has no account on {server}");
        return await inboxes.FindUserAsync(server, user).ConfigureAwait(false);
    }

    /// <summary>Joins a group that this node was invited to.</summary>
    /// <param name="group">Its name or id in the invitation, or the inviter's address.</param>
    /// <param name="name">What to call it; null for what the inviter calls it.</param>
    public Task<GroupConversation> AcceptAsync(string group, string? name) => DoAsync((now, transaction) =>
    {
        GroupDesk.WaitingInvitation waiting = Invitation(group);
        GroupInvitation invitation = waiting.Shown;
        GroupEntry? left = _groups.GetValueOrDefault(invitation.Group.Conversation);
        string own = left is not null && name is null ? left.Group.Name : CheckName(name ?? invitation.Name);
        if (left is null)
            CheckRoom();
        var output = new GroupOutput();
        if (MeshGroup.Join(_self, now, invitation.Inviter, waiting.Frame, left?.Group, output, isAccepted: true)
            is not { } joined)
            throw Refused("the invitation does not hold any more: ask for another");
        joined.Name = own;
        GroupEntry state = left ?? new GroupEntry(_self, joined, () => _now);
        state.Group = joined;
        if (left is null)
            Add(state);
        _desk.Remove(invitation.Group);
        transaction.Touch(_desk, spent: true);
        transaction.Touch(state, spent: true);
        LearnInviterCarries(invitation.Inviter, state, transaction);
        Apply(now, state, output, transaction);
        return Describe(state);
    });

    /// <summary>Forgets an invitation. The inviter is not told.</summary>
    /// <returns>What the group was called.</returns>
    public Task<string> DeclineAsync(string group) => DoAsync((_, transaction) =>
    {
        GroupDesk.WaitingInvitation waiting = Invitation(group);
        _desk.Remove(waiting);
        transaction.Touch(_desk, spent: false);
        return waiting.Shown.Name;
    });

    /// <summary>
    /// Leaves a group: somebody else takes this node out, and then the group is forgotten. A group of one, one that
    /// this node is out of and one that it is leaving already is forgotten at once.
    /// </summary>
    /// <returns>What it was called, and whether it is forgotten.</returns>
    public Task<(string Name, bool IsForgotten)> LeaveAsync(string group) => DoAsync((now, transaction) =>
    {
        GroupEntry state = Group(group);
        string name = state.Group.Name;
        if (state.Group.Table.MemberCount == 1 || state.Group.Status == MembershipStatus.Out || state.Group.IsLeaving)
        {
            Forget(state, transaction);
            return (name, true);
        }

        Give(now, state, OrderKind.Leave, _self.Address, transaction);
        return (name, false);
    });

    /// <summary>Removes a member.</summary>
    public Task<GroupConversation> RemoveAsync(string group, string member) => DoAsync((now, transaction) =>
    {
        NodeAddress address = _book.Resolve(member);
        GroupEntry state = Administered(group);
        _desk.Forget(address, state.Group.Id);
        if (address == _self.Address)
            throw Refused("whoever wants to go leaves");
        Give(now, state, OrderKind.Remove, address, transaction);
        return Describe(state);
    });

    /// <summary>Makes a member an admin, or takes that back.</summary>
    public Task<GroupConversation> SetRoleAsync(string group, string member, bool isAdmin) =>
        DoAsync((now, transaction) =>
    {
        GroupEntry state = Administered(group);
        Give(now, state, isAdmin ? OrderKind.Promote : OrderKind.Demote, _book.Resolve(member), transaction);
        return Describe(state);
    });

    /// <summary>Renews this node's keys in a group when it is its turn.</summary>
    public Task<GroupConversation> RotateAsync(string group) => DoAsync((now, transaction) =>
    {
        GroupEntry state = Group(group);
        Do(now, state, transaction, (g, o) => g.Rotate(now, o));
        return Describe(state);
    });

    /// <summary>Changes what the owner calls a group; the others do not see it.</summary>
    public Task<GroupConversation> RenameAsync(string group, string wanted) => DoAsync((_, transaction) =>
    {
        GroupEntry state = Group(group);
        state.Group.Name = CheckName(wanted);
        Add(state);
        transaction.Touch(state, spent: false);
        return Describe(state);
    });

    /// <summary>The groups of this node, by name.</summary>
    public Task<IReadOnlyList<GroupConversation>> ListAsync() =>
        _context.Loop.AskAsync<IReadOnlyList<GroupConversation>>(
            _ => [.. _groups.Values.Where(static g => !g.IsPair).Select(Describe)
                .OrderBy(g => g.Name, StringComparer.Ordinal)]);

    /// <summary>The invitations that wait.</summary>
    public Task<IReadOnlyList<GroupInvitation>> ListInvitationsAsync() =>
        _context.Loop.AskAsync<IReadOnlyList<GroupInvitation>>(_ => [.. Invitations().Select(i => i.Shown)]);

    /// <summary>One group.</summary>
    public Task<GroupConversation> ShowAsync(string group) => _context.Loop.AskAsync(_ => Describe(Group(group)));

    private void Give(
        Instant now, GroupEntry state, OrderKind kind, NodeAddress subject, MessageTransaction transaction)
    {
        bool given = false;
        Do(now, state, transaction, (g, o) => given = g.GiveOrder(now, kind, subject, default, o));
        if (!given)
            throw Refused($"that cannot be done to {subject} in '{state.Group.Name}'");
    }

    private GroupEntry Administered(string group)
    {
        GroupEntry state = Group(group);
        return state.Group.IsAdmin ? state : throw Refused($"this node is no admin of '{state.Group.Name}'");
    }

    private IEnumerable<GroupDesk.WaitingInvitation> Invitations() =>
        _desk.Invitations.Where(i => !_context.Store.IsBlocked(i.Shown.Inviter));

    // The inviter's address first, which nobody can choose; a name may look like an address or like the id of another
    // group.
    private GroupDesk.WaitingInvitation Invitation(string wanted)
    {
        bool isAddress = NodeAddress.TryParse(wanted, out NodeAddress inviter, out _);
        ReadOnlySpan<Func<GroupInvitation, bool>> ways =
            [i => isAddress && i.Inviter == inviter, i => i.Group.ToString() == wanted, i => i.Name == wanted];
        foreach (Func<GroupInvitation, bool> fits in ways)
        {
            GroupDesk.WaitingInvitation[] found = [.. Invitations().Where(i => fits(i.Shown))];
            if (found.Length > 1)
            {
                throw Refused(
                    $"{found.Length} nodes invite to '{wanted}': give the address of one of them, "
                    + string.Join(", ", found.Select(i => i.Shown.Inviter)));
            }

            if (found.Length == 1)
                return found[0];
        }

        throw new MessagingException(Refusal.UnknownConversation, $"there is no invitation to '{wanted}'");
    }

    private static string SuiteNames => string.Join(
        ", ", GroupSuites.All.Select(s => GroupSuites.IsPostQuantum(s) ? GroupSuites.PostQuantumName : $"{(int)s}"));

    /// <summary>There is a place, and what an invitation costs may take the way to whom it is for.</summary>
    private void CheckCanInvite(GroupEntry state, NodeAddress who)
    {
        CipherSuite suite = state.Group.CipherSuite;
        int invited = _desk.Invited.Count(i => i.Group == state.Group.Id && i.Who != who);
        int members = state.Group.Table.MemberCount + invited;
        int most = GroupSuites.MaxMembers(suite);
        if (members >= most)
            throw Refused($"'{state.Group.Name}' has {most} members and invited ones: no more fit");
        if (!GroupSuites.IsPostQuantum(suite) || !_self.IsBehindRadio(who))
            return;
        int size = GroupSuites.InvitationSize(members);
        int seconds = (int)Math.Min(_context.Router.WayOf(_now, who).Estimate(size).TotalSeconds, int.MaxValue);
        throw Refused(
            $"the way to {who} crosses a radio, and post-quantum keys are too large for that: {size} bytes, "
            + $"at least {seconds} s. Take a group with suite 1, or set \"postQuantumOverRadio\"");
    }

    private void CheckRoom()
    {
        if (Count >= MaxGroups)
            throw Refused($"this node is in {MaxGroups} groups already");
    }

    private string CheckName(string name)
    {
        if (!OwnNames.IsName(name, WelcomeBody.MaxName))
            throw Usage($"a group's name has 1 to {WelcomeBody.MaxName} bytes, {OwnNames.Rule}");

        return Find(name) is null ? name : throw Refused($"there is a group '{name}' already: choose another NAME");
    }

    private Task<T> DoAsync<T>(Func<Instant, MessageTransaction, T> act) => OwnerCommand<T>.RunAsync(
        _context.Loop, _queue, (now, transaction) =>
        {
            _now = now;
            return act(now, transaction);
        });

    private void Changed(GroupConversation shown)
    {
        if (_context.Events.HasListeners)
            _context.Events.Publish(new ConversationChanged(shown, _context.Time.GetUtcNow()));
    }

    private GroupConversation Describe(GroupEntry state)
    {
        MeshGroup group = state.Group;
        return new GroupConversation(
            state.Id, group.Name, (int)group.CipherSuite, group.Epoch, group.Tip.ToString(), group.Status,
            group.Pending + _desk.Invited.Count(i => i.Group == group.Id), state.Forks,
            [.. group.Table.Members.Select(m => Describe(group, m))]);
    }

    private GroupParticipant Describe(MeshGroup group, NodeAddress member)
    {
        bool isSelf = member == _self.Address;
        MemberWay way = isSelf || group.PairNumber is not null ? default : WayTo(_now, member, default);
        return new GroupParticipant(member, group.Table.IsAdmin(member), isSelf, group.IsInvited(member))
        {
            Server = way.Server,
            CarriedBy = way.Carrier,
        };
    }
}
