using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Lite;

/// <content>What the owner does with groups. Each command answers when its effect is on disk.</content>
public sealed partial class LiteConversations
{
    /// <summary>Founds a group.</summary>
    public Task<LiteConversation> CreateAsync(string name, bool shortTag) => DoAsync((_, transaction) =>
    {
        string own = CheckName(name);
        CheckRoom();
        var cipher = shortTag ? LiteCipher.AesCcm8 : LiteCipher.ChaCha20Poly1305;
        return Begin(LiteGroup.Create(_self, own, cipher), own, transaction);
    });

    /// <summary>Joins; the hello goes to whoever invited.</summary>
    public Task<LiteConversation> JoinAsync(string uri, string? name) => DoAsync((_, transaction) =>
    {
        if (!LiteInvitation.TryParse(uri, out LiteInvitation? invitation, out string? error))
            throw Usage(error);
        using (invitation)
        {
            ConversationId id = LiteState.IdOf(invitation.GroupId);
            if (_groups.TryGetValue(id, out LiteState? known))
                throw Refused($"this node is in that group already, as '{known.Name}'");
            string own = name is null ? CheckInvitedName(invitation.Name) : CheckName(name);
            CheckRoom();
            LiteGroup group = LiteGroup.Join(_self, invitation, out LiteReply hello);
            if (group.Others[0].Address == _context.Identity.Address)
            {
                group.Dispose();
                throw Refused("this is an invitation by this very node");
            }

            LiteConversation info = Begin(group, own, transaction);
            SendControl(_groups[id], [hello], transaction);
            OpenAside(_groups[id], transaction);
            return info;
        }
    });

    /// <summary>Begins an epoch for one newcomer. The URI is a secret.</summary>
    public Task<string> InviteAsync(string name) => DoAsync((_, transaction) =>
    {
        LiteState entry = Group(name);
        try
        {
            using LiteInvitation invitation = entry.Group.Invite(out IReadOnlyList<LiteReply> rekeys);
            transaction.Touch(entry, spent: true);
            SendControl(entry, rekeys, transaction);
            return invitation.ToUri();
        }
        catch (InvalidOperationException e)
        {
            throw Refused(e.Message);
        }
    });

    /// <summary>Begins an epoch with fresh keys.</summary>
    public Task<LiteConversation> RekeyAsync(string name) => DoAsync((_, transaction) =>
    {
        LiteState entry = Group(name);
        if (!entry.Group.HasNextEpoch)
            throw Refused("the group's epochs are used up: found another group");
        IReadOnlyList<LiteReply> rekeys = entry.Group.Rekey();
        transaction.Touch(entry, spent: true);
        SendControl(entry, rekeys, transaction);
        return Describe(entry);
    });

    /// <summary>Forgets a group and its keys. The others are not told; what was read stays.</summary>
    /// <returns>What it was called.</returns>
    public Task<string> LeaveAsync(string name) => DoAsync((_, transaction) =>
    {
        LiteState entry = Group(name);
        Remove(entry);
        transaction.Leave(entry);
        return entry.Name;
    });

    /// <summary>Changes what the owner calls a group; the others do not see it.</summary>
    public Task<LiteConversation> RenameAsync(string name, string wanted) => DoAsync((_, transaction) =>
    {
        LiteState entry = Group(name);
        entry.Name = CheckName(wanted);
        Add(entry);
        transaction.Touch(entry, spent: false);
        return Describe(entry);
    });

    /// <summary>The groups of this node, by name.</summary>
    public Task<IReadOnlyList<LiteConversation>> ListAsync() =>
        _context.Loop.AskAsync<IReadOnlyList<LiteConversation>>(
            _ => [.. _groups.Values.OrderBy(g => g.Name, StringComparer.Ordinal).Select(Describe)]);

    /// <summary>One group.</summary>
    public Task<LiteConversation> ShowAsync(string name) => _context.Loop.AskAsync(_ => Describe(Group(name)));

    private static MessagingException Usage(string message) => new(Refusal.Usage, message);

    private static MessagingException Refused(string message) => new(Refusal.Refused, message);

    private LiteConversation Begin(LiteGroup group, string name, MessageTransaction transaction)
    {
        var entry = LiteState.New(_self, group, name);
        Add(entry);
        transaction.Touch(entry, spent: true);
        return Describe(entry);
    }

    private void CheckRoom()
    {
        if (_groups.Count >= MaxGroups)
            throw Refused($"this node is in {MaxGroups} groups already");
    }

    private string CheckName(string name)
    {
        if (!IsName(name))
            throw Usage($"a group's name has 1 to {LiteInvitation.MaxNameSize} bytes, {OwnNames.Rule}");

        return Find(name) is null ? name : throw Refused($"there is a group '{name}' already: choose another NAME");
    }

    /// <summary>The inviter chose it, perhaps by other rules; the owner of this node can choose another.</summary>
    private string CheckInvitedName(string name) =>
        name.Length == 0 ? throw Usage("the invitation gives the group no name: choose one with NAME")
        : !IsName(name)
            ? throw Usage(
                "the invitation's name for the group is none that commands here can take: choose another with NAME")
        : CheckName(name);

    private static bool IsName(string name) => OwnNames.IsName(name, LiteInvitation.MaxNameSize);

    private static LiteConversation Describe(LiteState entry)
    {
        LiteGroup group = entry.Group;
        return new LiteConversation(
            entry.Id, entry.Name, group.Cipher == LiteCipher.AesCcm8, group.Epoch, group.EpochTag, group.Sent,
            [.. group.Members.Select(m => new LiteParticipant(m.Index, m.Address, m.Index == group.OwnIndex))]);
    }

    private Task<T> DoAsync<T>(Func<Instant, MessageTransaction, T> act) =>
        OwnerCommand<T>.RunAsync(_context.Loop, _work, act);
}
