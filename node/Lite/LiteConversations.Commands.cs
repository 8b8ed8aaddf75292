using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.MlsLite;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Routing;
using LiteGroupId = QuicProChat.Mesh.Store.LiteGroupId;

namespace QuicProChat.Mesh.Node.Lite;

/// <content>What the owner does with groups. Each command answers when its effect is on disk.</content>
internal sealed partial class LiteConversations
{
    internal Task<LiteGroupInfo> CreateAsync(string? name, bool shortTag) => DoAsync((_, transaction) =>
    {
        string own = CheckName(name ?? throw Usage("lite-create needs \"name\""));
        CheckRoom();
        var cipher = shortTag ? LiteCipher.AesCcm8 : LiteCipher.ChaCha20Poly1305;
        return Begin(LiteGroup.Create(_self, own, cipher), own, transaction);
    });

    /// <summary>Joins; the hello goes to whoever invited.</summary>
    internal Task<LiteGroupInfo> JoinAsync(string? uri, string? name) => DoAsync((now, transaction) =>
    {
        if (!LiteInvitation.TryParse(uri ?? throw Usage("lite-join needs \"uri\""), out LiteInvitation? invitation, out string? error))
            throw Usage(error);
        using (invitation)
        {
            LiteGroupId id = LiteEntry.IdOf(invitation.GroupId);
            if (_groups.TryGetValue(id, out LiteEntry? known))
                throw Refused($"this node is in that group already, as '{known.Name}'");
            string own = name is null ? CheckInvitedName(invitation.Name) : CheckName(name);
            CheckRoom();
            LiteGroup group = LiteGroup.Join(_self, invitation, out LiteReply hello);
            if (group.Others[0].Address == _identity.Address)
            {
                group.Dispose();
                throw Refused("this is an invitation by this very node");
            }

            LiteGroupInfo info = Begin(group, own, transaction);
            SendControl(_groups[id], [hello], transaction);
            OpenAside(now, _groups[id], transaction);
            return info;
        }
    });

    /// <summary>Begins an epoch for one newcomer. The URI is a secret.</summary>
    internal Task<LiteInvitationInfo> InviteAsync(string? name) => DoAsync((_, transaction) =>
    {
        LiteEntry entry = Group(name);
        try
        {
            using LiteInvitation invitation = entry.Group.Invite(out IReadOnlyList<LiteReply> rekeys);
            transaction.Touch(entry, spent: true);
            SendControl(entry, rekeys, transaction);
            return new LiteInvitationInfo(invitation.ToUri());
        }
        catch (InvalidOperationException e)
        {
            throw Refused(e.Message);
        }
    });

    internal Task<LiteGroupInfo> RekeyAsync(string? name) => DoAsync((_, transaction) =>
    {
        LiteEntry entry = Group(name);
        if (!entry.Group.HasNextEpoch)
            throw Refused("the group's epochs are used up: found another group");
        IReadOnlyList<LiteReply> rekeys = entry.Group.Rekey();
        transaction.Touch(entry, spent: true);
        SendControl(entry, rekeys, transaction);
        return Describe(entry);
    });

    /// <summary>Forgets a group and its keys. The others are not told; what was read stays.</summary>
    internal Task<DoneInfo> LeaveAsync(string? name) => DoAsync((_, transaction) =>
    {
        LiteEntry entry = Group(name);
        Remove(entry);
        transaction.Leave(entry);
        return new DoneInfo($"'{entry.Name}' and its keys are forgotten");
    });

    /// <summary>Changes what the owner calls a group; the others do not see it.</summary>
    internal Task<LiteGroupInfo> RenameAsync(string? name, string? wanted) => DoAsync((_, transaction) =>
    {
        LiteEntry entry = Group(name);
        entry.Name = CheckName(wanted ?? throw Usage("lite-rename needs \"name\""));
        Add(entry);
        transaction.Touch(entry, spent: false);
        return Describe(entry);
    });

    internal Task<IReadOnlyList<LiteGroupInfo>> ListAsync() => _loop.AskAsync<IReadOnlyList<LiteGroupInfo>>(_ =>
        [.. _groups.Values.OrderBy(g => g.Name, StringComparer.Ordinal).Select(Describe)]);

    internal Task<LiteGroupInfo> ShowAsync(string? name) => _loop.AskAsync(_ => Describe(Group(name)));

    private static ControlException Usage(string message) => new(ControlErrorCode.Usage, message);

    private static ControlException Refused(string message) => new(ControlErrorCode.Refused, message);

    private LiteGroupInfo Begin(LiteGroup group, string name, LiteTransaction transaction)
    {
        var entry = LiteEntry.New(_self, group, name);
        Add(entry);
        transaction.Touch(entry, spent: true);
        return Describe(entry);
    }

    private void CheckRoom()
    {
        if (_groups.Count >= MostGroups)
            throw Refused($"this node is in {MostGroups} groups already");
    }

    private string CheckName(string name)
    {
        if (!IsName(name))
        {
            throw Usage(
                $"a group's name has 1 to {LiteInvitation.MaxNameSize} bytes, no blank and nothing invisible, does not begin with - and is no address");
        }

        return Find(name) is null ? name : throw Refused($"there is a group '{name}' already: choose another NAME");
    }

    /// <summary>The inviter chose it, perhaps by other rules; the owner of this node can choose another.</summary>
    private string CheckInvitedName(string name) =>
        name.Length == 0 ? throw Usage("the invitation gives the group no name: choose one with NAME")
        : !IsName(name) ? throw Usage("the invitation's name for the group is none that commands here can take: choose another with NAME")
        : CheckName(name);

    /// <summary>Commands take it where an address, an id or an option could stand as well.</summary>
    private static bool IsName(string name) =>
        DisplayName.IsHandle(name, LiteInvitation.MaxNameSize) && !NodeAddress.TryParse(name, out _, out _);

    private LiteGroupInfo Describe(LiteEntry entry)
    {
        LiteGroup group = entry.Group;
        return new LiteGroupInfo(
            entry.Name, entry.Id.ToString(), group.Cipher == LiteCipher.AesCcm8 ? "aes-ccm-8" : "chacha20-poly1305", group.Epoch,
            group.EpochTag.ToString("x4", System.Globalization.CultureInfo.InvariantCulture), (int)group.Sent,
            [.. group.Members.Select(m => new LiteMemberInfo(m.Index, m.Address.ToString(), m.Index == group.OwnIndex))]);
    }

    private async Task<T> DoAsync<T>(Func<Instant, LiteTransaction, T> act)
    {
        var command = new Command<T>(act);
        await _loop.PostAsync(new Enqueue(this, [command])).ConfigureAwait(false);
        return await command.Result.ConfigureAwait(false);
    }

    private sealed class Command<T>(Func<Instant, LiteTransaction, T> act) : ILiteWork
    {
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<T> Result => _result.Task;

        public void Failed(Instant now, LiteTransaction transaction) =>
            _result.TrySetException(Refused("this failed inside the program: the log says why"));

        public void Run(Instant now, LiteTransaction transaction)
        {
            try
            {
                T result = act(now, transaction);
                transaction.WhenWritten(_ => _result.TrySetResult(result));
                transaction.WhenFailed(_ => _result.TrySetException(Refused("the store is full or failing")));
            }
            catch (ControlException e)
            {
                _result.SetException(e);
            }
        }
    }
}
