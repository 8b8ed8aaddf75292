using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Lite;

/// <summary>Signs with the node's Ed25519 identity.</summary>
/// <param name="message">What to sign.</param>
/// <param name="signature">Receives 64 bytes.</param>
public delegate void LiteSigner(ReadOnlySpan<byte> message, Span<byte> signature);

/// <summary>
/// A group that talks MLS-Lite (docs/mls-lite.md): symmetric hash ratchets, one for each sender, without a tree and
/// without handshakes, for links where every byte counts.
/// <code>
/// Create --Invite--> invitation (URI) --Join--> Hello --> Roster      everybody: Seal, Open
/// Invite and Rekey begin an epoch; its secret travels in a Rekey message of the epoch before.
/// </code>
/// One owner at a time. After every call that changes the group, the owner stores <see cref="Save()"/> before it lets the
/// message out: a key must not be used again after a crash.
/// </summary>
public sealed partial class LiteGroup : IDisposable
{
    private readonly byte[] _groupId;
    private readonly NodeAddress _self;
    private readonly SortedDictionary<int, LiteMember> _members = [];
    private readonly List<LiteEpoch> _epochs = [];

    private LiteGroup(byte[] groupId, string name, LiteCipher cipher, int ownIndex, LiteMember self)
    {
        _groupId = groupId;
        Name = name;
        Cipher = cipher;
        OwnIndex = ownIndex;
        _self = self.Address;
        _members[ownIndex] = self;
    }

    /// <summary>The group's name as its founder gave it.</summary>
    public string Name { get; }

    /// <summary>How messages are protected.</summary>
    public LiteCipher Cipher { get; }

    /// <summary>The index that this node sends under.</summary>
    public int OwnIndex { get; }

    /// <summary>The group id, 8 bytes.</summary>
    public ReadOnlySpan<byte> GroupId => _groupId;

    /// <summary>The members known so far, this node among them.</summary>
    public IReadOnlyCollection<LiteMember> Members => _members.Values;

    /// <summary>Everybody else.</summary>
    public IReadOnlyList<LiteMember> Others => [.. _members.Values.Where(m => m.Index != OwnIndex)];

    /// <summary>The number of the epoch that this node sends in.</summary>
    public uint Epoch => Sending.Number;

    /// <summary>The tag that this node's messages carry now.</summary>
    public ushort EpochTag => Sending.Tag;

    private LiteEpoch Sending => _epochs[0];

    /// <summary>The chain that the next message of a member will use, in the sending epoch.</summary>
    internal byte[] NextChain(int index) => Sending.Ratchets[index].Chain.ToArray();

    /// <summary>Founds a group; this node has index 0.</summary>
    /// <exception cref="ArgumentException">The name is longer than 20 bytes.</exception>
    public static LiteGroup Create(string name, LiteCipher cipher, ReadOnlySpan<byte> publicKey)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(name) > LiteInvitation.MaxNameSize)
            throw new ArgumentException($"A group name has at most {LiteInvitation.MaxNameSize} bytes.", nameof(name));
        Span<byte> secret = stackalloc byte[LiteConstants.SecretSize];
        RandomNumberGenerator.Fill(secret);
        LiteGroup group = FromSecret(
            RandomNumberGenerator.GetBytes(LiteConstants.GroupIdSize), name, cipher, secret, 0, 0, publicKey);
        CryptographicOperations.ZeroMemory(secret);
        return group;
    }

    /// <summary>
    /// Makes a group whose secret comes from elsewhere, such as an MLS exporter (<see cref="LiteExporter"/>). The caller
    /// zeroes the secret.
    /// </summary>
    public static LiteGroup FromSecret(
        ReadOnlySpan<byte> groupId, string name, LiteCipher cipher, ReadOnlySpan<byte> secret, uint epoch, int ownIndex,
        ReadOnlySpan<byte> publicKey)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(groupId.Length, LiteConstants.GroupIdSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(secret.Length, LiteConstants.SecretSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)ownIndex, (uint)LiteConstants.MaxMembers);
        var group = new LiteGroup(groupId.ToArray(), name, cipher, ownIndex, LiteMember.Of(ownIndex, publicKey));
        group._epochs.Add(LiteEpoch.Derive(secret, epoch, cipher));
        return group;
    }

    /// <summary>Adds a member that is known by other means than a Hello (an MLS roster).</summary>
    public void AddMember(int index, ReadOnlySpan<byte> publicKey) => _members[index] = LiteMember.Of(index, publicKey);

    /// <summary>
    /// Joins by an invitation. The Hello that the new member must send goes to the inviter, who tells the others.
    /// </summary>
    public static LiteGroup Join(LiteInvitation invitation, ReadOnlySpan<byte> publicKey, out LiteReply hello)
    {
        LiteGroup group = FromSecret(
            invitation.GroupId.Span, invitation.Name, invitation.Cipher, invitation.Secret, invitation.Epoch,
            invitation.Index, publicKey);
        LiteMember inviter = LiteMember.Of(invitation.InviterIndex, invitation.InviterKey.Span);
        group._members[inviter.Index] = inviter;
        Span<byte> address = stackalloc byte[NodeAddress.Size];
        group._self.Write(address);
        hello = new LiteReply(
            [inviter], group.Sending.Seal(group._groupId, group.OwnIndex, group._self, LiteMessageType.Hello, address, publicKey));
        return group;
    }

    /// <summary>Protects a text for the group.</summary>
    /// <param name="text">UTF-8, at most 4,096 bytes.</param>
    /// <exception cref="ArgumentException">The text is too long.</exception>
    public byte[] Seal(ReadOnlySpan<byte> text)
    {
        CheckSize(text.Length);
        return Sending.Seal(_groupId, OwnIndex, _self, LiteMessageType.Text, default, text);
    }

    /// <summary>
    /// Protects a text with a signature inside: 64 bytes more, and the others can tell it from one that another member
    /// made up.
    /// </summary>
    public byte[] SealSigned(ReadOnlySpan<byte> text, LiteSigner sign)
    {
        CheckSize(text.Length + Ed25519.SignatureSize);
        byte[] content = new byte[Ed25519.SignatureSize + text.Length];
        text.CopyTo(content.AsSpan(Ed25519.SignatureSize));
        sign(SignedBytes(Sending.Number, OwnIndex, Sending.Ratchets[OwnIndex].Next, text), content.AsSpan(0, Ed25519.SignatureSize));
        return Sending.Seal(_groupId, OwnIndex, _self, LiteMessageType.SignedText, default, content);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (LiteEpoch epoch in _epochs)
            epoch.Dispose();
        _epochs.Clear();
    }

    private static void CheckSize(int size)
    {
        if (size > LiteConstants.MaxContent)
            throw new ArgumentException($"A message has at most {LiteConstants.MaxContent} bytes, not {size}.");
    }

    // "qpc-mesh/1 mls-lite signature" groupId(8) epoch(4) sender(1) counter(4) text
    private byte[] SignedBytes(uint epoch, int sender, int counter, ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> label = "qpc-mesh/1 mls-lite signature"u8;
        byte[] bytes = new byte[label.Length + LiteConstants.GroupIdSize + 9 + text.Length];
        Span<byte> rest = bytes;
        label.CopyTo(rest);
        rest = rest[label.Length..];
        _groupId.CopyTo(rest);
        rest = rest[LiteConstants.GroupIdSize..];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(rest, epoch);
        rest[4] = (byte)sender;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(rest[5..], counter);
        text.CopyTo(rest[9..]);
        return bytes;
    }
}
