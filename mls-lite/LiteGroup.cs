using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>
/// A group that talks MLS-Lite (docs/reference/mls-lite.md): symmetric keys that are used once and forgotten, without a
/// tree of members and without handshakes, for links where every byte counts.
/// <code>
/// Create --Invite--> invitation (URI) --Join--> Hello --> Roster      everybody: Seal, Open
/// Invite and Rekey begin an epoch; its secret travels in a Rekey message of an epoch that the member has.
/// </code>
/// Every group object draws a stream of its own (<see cref="LiteStream"/>) before it writes: two objects that begin
/// from one state, such as a backup that was put back, never use one key. One owner at a time. After every call that
/// changes the group, the owner stores <see cref="Save()"/>, so that what was read cannot be read again after a crash.
/// </summary>
public sealed partial class LiteGroup : IDisposable
{
    private readonly LiteSelf _self;
    private readonly SortedDictionary<int, MemberState> _members = [];
    private readonly EpochList _epochs = new();
    private readonly SortedSet<int> _invited = [];
    private readonly LiteAllowance _answers = new(full: 64, refill: TimeSpan.FromHours(1));
    private OwnStream? _own;
    private TimeSpan? _lastBroughtForward;

    private LiteGroup(LiteSelf self, LiteGroupId id, string name, LiteCipher cipher, int ownIndex)
    {
        _self = self;
        Id = id;
        Name = name;
        Cipher = cipher;
        OwnIndex = ownIndex;
        _members[ownIndex] = new MemberState(LiteMember.Of(ownIndex, self.PublicKey));
    }

    /// <summary>The group's id.</summary>
    public LiteGroupId Id { get; }

    /// <summary>The group's name as its founder gave it.</summary>
    public string Name { get; }

    /// <summary>How messages are protected.</summary>
    public LiteCipher Cipher { get; }

    /// <summary>The index that this node sends under.</summary>
    public int OwnIndex { get; }

    /// <summary>The members known so far, this node among them.</summary>
    public IReadOnlyCollection<LiteMember> Members => [.. _members.Values.Select(m => m.Member)];

    /// <summary>Everybody else.</summary>
    public IReadOnlyList<LiteMember> Others =>
        [.. _members.Values.Where(m => m.Member.Index != OwnIndex).Select(m => m.Member)];

    /// <summary>The number of the epoch that this node sends in.</summary>
    public uint Epoch => _epochs.Sending.Number;

    /// <summary>The tag of that epoch's messages other than texts.</summary>
    public ushort EpochTag => _epochs.Sending.Tag;

    /// <summary>Messages that this node has made in the group, in all its runs.</summary>
    public uint Sent { get; private set; }

    /// <summary>The epochs that are read, for tests of what is in them.</summary>
    internal IReadOnlyList<LiteEpoch> Kept => _epochs.Kept;

    /// <summary>Founds a group; this node has index 0.</summary>
    /// <exception cref="ArgumentException">The name is longer than 20 bytes.</exception>
    public static LiteGroup Create(LiteSelf self, string name, LiteCipher cipher)
    {
        if (Encoding.UTF8.GetByteCount(name) > LiteInvitation.MaxNameSize)
            throw new ArgumentException($"A group name has at most {LiteInvitation.MaxNameSize} bytes.", nameof(name));
        byte[] secret = self.Random(LiteConstants.SecretSize);
        LiteGroup group = FromSecret(self, LiteGroupId.Read(self.Random(LiteGroupId.Size)), name, cipher, secret, 0, 0);
        CryptographicOperations.ZeroMemory(secret);
        return group;
    }

    /// <summary>Makes a group at an epoch whose secret is given. The caller zeroes the secret.</summary>
    public static LiteGroup FromSecret(
        LiteSelf self, LiteGroupId id, string name, LiteCipher cipher, ReadOnlySpan<byte> secret, uint epoch,
        int ownIndex) =>
        FromSecret(self, id, name, cipher, secret, epoch, ownIndex, beginner: ownIndex);

    /// <summary>Adds a member that is known by other means than a Hello, or says who holds an index now.</summary>
    /// <exception cref="ArgumentException">The key is none that somebody can hold, or the index is this
    /// node's.</exception>
    public void AddMember(int index, ReadOnlySpan<byte> publicKey)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)index, (uint)LiteConstants.MaxIndex);
        if (!Ed25519.IsValidPublicKey(publicKey) || index == OwnIndex)
            throw new ArgumentException("A member has a proper Ed25519 key and an index of its own.",
                nameof(publicKey));
        LiteMember member = LiteMember.Of(index, publicKey);
        if (_members.TryGetValue(index, out MemberState? before) && before.Member.Address == member.Address)
            return;
        _own?.Forget(index);
        foreach (LiteEpoch epoch in _epochs.Kept)
            epoch.CloseStreams(index);
        _members[index] = new MemberState(member);
    }

    /// <summary>
    /// Joins by an invitation. The Hello that the new member must send goes to the inviter, who tells the others.
    /// </summary>
    public static LiteGroup Join(LiteSelf self, LiteInvitation invitation, out LiteReply hello)
    {
        LiteGroup group = FromSecret(
            self, invitation.GroupId, invitation.Name, invitation.Cipher, invitation.Secret, invitation.Epoch,
            invitation.Index, invitation.InviterIndex);
        LiteMember inviter = LiteMember.Of(invitation.InviterIndex, invitation.InviterKey.Span);
        group._members[inviter.Index] = new MemberState(inviter);
        byte[] message = group.TrySeal(group._epochs.Sending, LiteMessageType.Hello, self.PublicKey, [inviter])
            ?? throw new InvalidOperationException("A fresh epoch has no key for a hello.");
        hello = new LiteReply([inviter], message);
        return group;
    }

    /// <inheritdoc/>
    public void Dispose() => _epochs.Dispose();

    internal static LiteGroup FromSecret(
        LiteSelf self, LiteGroupId id, string name, LiteCipher cipher, ReadOnlySpan<byte> secret, uint epoch,
        int ownIndex, int beginner)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(secret.Length, LiteConstants.SecretSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)ownIndex, (uint)LiteConstants.MaxIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(epoch, LiteConstants.MaxEpoch);
        var group = new LiteGroup(self, id, name, cipher, ownIndex);
        group._epochs.Add(LiteEpoch.Derive(secret, id, epoch, cipher, beginner));
        return group;
    }
}
