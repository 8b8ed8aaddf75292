using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Lite;

// How epochs follow one another. Two members may begin one at the same time: both stay readable, everybody sends in the
// one that wins (LiteEpoch.WinsOver), and who invited into the loser hands the winner's secret on inside it.
public sealed partial class LiteGroup
{
    // epoch(4) secret(32)
    private const int RekeySize = sizeof(uint) + LiteConstants.SecretSize;

    private readonly SortedSet<int> _invited = [];

    /// <summary>An epoch may follow the one that this node sends in.</summary>
    public bool HasNextEpoch => Sending.Number < LiteConstants.MaxEpoch;

    /// <summary>
    /// Invites one person: begins an epoch that the invitation opens, so that newcomers read nothing from before.
    /// </summary>
    /// <param name="publicKey">This node's Ed25519 public key.</param>
    /// <param name="rekey">What to send to the members there are; null if there are none.</param>
    /// <exception cref="InvalidOperationException">The group is full, or its epochs are used up.</exception>
    public LiteInvitation Invite(ReadOnlySpan<byte> publicKey, out LiteReply? rekey)
    {
        var free = new List<int>();
        for (int i = 0; i < LiteConstants.MaxMembers; i++)
        {
            if (!_members.ContainsKey(i) && !_invited.Contains(i))
                free.Add(i);
        }

        if (free.Count == 0)
            throw new InvalidOperationException($"The group is full: {LiteConstants.MaxMembers} members and open invitations.");
        // At random, so that two members who invite at the same time rarely give one index away twice.
        int index = free[RandomNumberGenerator.GetInt32(free.Count)];
        byte[] secret = RandomNumberGenerator.GetBytes(LiteConstants.SecretSize);
        rekey = Begin(secret, invited: true);
        _invited.Add(index);
        return new LiteInvitation(Cipher, [.. _groupId], Epoch, secret, index, OwnIndex, publicKey.ToArray(), Name);
    }

    /// <summary>
    /// Begins an epoch with a fresh secret: whoever once stole the keys, but has not read every message since, is out.
    /// </summary>
    /// <returns>What to send to the others; null if there are none.</returns>
    /// <exception cref="InvalidOperationException">The group's epochs are used up.</exception>
    public LiteReply? Rekey()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(LiteConstants.SecretSize);
        LiteReply? rekey = Begin(secret, invited: false);
        CryptographicOperations.ZeroMemory(secret);
        return rekey;
    }

    private LiteReply? Begin(ReadOnlySpan<byte> secret, bool invited)
    {
        if (!HasNextEpoch)
            throw new InvalidOperationException("The epochs of this group are used up: found another group.");
        uint number = Sending.Number + 1;
        IReadOnlyList<LiteMember> others = Others;
        LiteReply? rekey = others.Count == 0 ? null : new LiteReply(others, SealRekey(Sending, number, secret));
        LiteEpoch epoch = LiteEpoch.Derive(secret, number, Cipher);
        epoch.InvitedHere = invited;
        Add(epoch);
        return rekey;
    }

    /// <summary>
    /// A newcomer said hello in an epoch that is no longer the newest: an epoch begins that everybody has, with its
    /// secret in the old one for the newcomer and in the newest for the others.
    /// </summary>
    private void BringForward(LiteEpoch invitedInto, LiteMember newcomer, List<LiteReply> replies)
    {
        if (!HasNextEpoch)
            return;
        byte[] secret = RandomNumberGenerator.GetBytes(LiteConstants.SecretSize);
        uint number = Sending.Number + 1;
        replies.Add(new LiteReply([newcomer], SealRekey(invitedInto, number, secret)));
        LiteMember[] before = [.. Others.Where(m => m.Index != newcomer.Index)];
        if (before.Length > 0)
            replies.Add(new LiteReply(before, SealRekey(Sending, number, secret)));
        Add(LiteEpoch.Derive(secret, number, Cipher));
        CryptographicOperations.ZeroMemory(secret);
    }

    private byte[] SealRekey(LiteEpoch carrier, uint number, ReadOnlySpan<byte> secret)
    {
        Span<byte> content = stackalloc byte[RekeySize];
        BinaryPrimitives.WriteUInt32BigEndian(content, number);
        secret.CopyTo(content[sizeof(uint)..]);
        byte[] message = carrier.Seal(_groupId, OwnIndex, _self, LiteMessageType.Rekey, default, content);
        CryptographicOperations.ZeroMemory(content);
        return message;
    }

    /// <summary>Takes an epoch over from another member's Rekey, which came inside <paramref name="carrier"/>.</summary>
    private bool TryTakeOver(LiteEpoch carrier, Span<byte> content, List<LiteReply> replies)
    {
        if (content.Length != RekeySize)
            return false;
        uint number = BinaryPrimitives.ReadUInt32BigEndian(content);
        // The next epoch; a winner of the carrier's own number that is handed on inside the loser; or, for a newcomer
        // whose invitation lay about, one that begins after all those that began meanwhile and are still read.
        if (number > LiteConstants.MaxEpoch || number < carrier.Number || number - carrier.Number > 1 + LiteConstants.PastEpochs)
            return false;
        Span<byte> secret = content[sizeof(uint)..];
        LiteEpoch epoch = LiteEpoch.Derive(secret, number, Cipher);
        if (_epochs.Exists(e => e.Id == epoch.Id))
        {
            epoch.Dispose();
            return true;
        }

        foreach (LiteEpoch loser in _epochs)
        {
            // Those invited into an epoch that lost know no other way to the winner.
            if (loser.InvitedHere && loser.Number == number && epoch.WinsOver(loser))
                replies.Add(new LiteReply(Others, SealRekey(loser, number, secret)));
        }

        Add(epoch);
        return true;
    }

    private void Add(LiteEpoch epoch)
    {
        _epochs.Add(epoch);
        _epochs.Sort((a, b) => a == b ? 0 : a.WinsOver(b) ? -1 : 1);
        while (_epochs.Count > 1 + LiteConstants.PastEpochs)
        {
            _epochs[^1].Dispose();
            _epochs.RemoveAt(_epochs.Count - 1);
        }
    }
}
