using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Mls.Lite;

// What a group does with a message that arrived.
public sealed partial class LiteGroup
{
    // index(1) publicKey(32)
    private const int RosterEntrySize = 1 + Ed25519.PublicKeySize;

    /// <summary>True if one of the epochs still kept has this tag: a message may belong here.</summary>
    public bool Knows(ushort epochTag) => _epochs.Exists(e => e.Tag == epochTag);

    /// <summary>
    /// Opens a message. Anything may be given: what is not an authentic message of this group comes back as an error and
    /// changes nothing.
    /// </summary>
    public LiteOutcome Open(ReadOnlySpan<byte> bytes)
    {
        if (!UnverifiedLiteMessage.TryRead(bytes, out UnverifiedLiteMessage message))
            return new LiteOutcome(LiteError.Malformed);
        var error = LiteError.UnknownEpoch;
        foreach (LiteEpoch epoch in _epochs)
        {
            if (epoch.Tag != message.EpochTag)
                continue;
            LiteOutcome outcome = OpenIn(epoch, message);
            if (outcome.Error == LiteError.None)
                return outcome;
            error = outcome.Error;
        }

        return new LiteOutcome(error);
    }

    private LiteOutcome OpenIn(LiteEpoch epoch, in UnverifiedLiteMessage message)
    {
        if (message.Sender == OwnIndex)
            return new LiteOutcome(LiteError.ReplayedOrTooOld);
        if (message.Type == LiteMessageType.Hello)
            return OpenHello(epoch, message);
        if (!_members.TryGetValue(message.Sender, out LiteMember? sender))
            return new LiteOutcome(LiteError.UnknownSender);
        LiteError error = epoch.TryOpen(_groupId, message, sender.Address, message.SealedContent, out byte[] content);
        return error != LiteError.None
            ? new LiteOutcome(error)
            : message.Type switch
            {
                LiteMessageType.Text => new LiteOutcome(LiteError.None, LiteMessageType.Text, sender, content),
                LiteMessageType.SignedText => Signed(epoch, message.Counter, sender, content),
                LiteMessageType.Rekey => Rekeyed(epoch, sender, content),
                _ => Rostered(sender, content),
            };
    }

    // The address stands in the clear, because the nonce depends on it and nobody here knows the newcomer yet.
    private LiteOutcome OpenHello(LiteEpoch epoch, in UnverifiedLiteMessage message)
    {
        if (message.SealedContent.Length < NodeAddress.Size)
            return new LiteOutcome(LiteError.Malformed);
        NodeAddress address = NodeAddress.Read(message.SealedContent);
        if (_members.TryGetValue(message.Sender, out LiteMember? holder) && holder.Address != address)
            return new LiteOutcome(LiteError.UnknownSender);
        LiteError error = epoch.TryOpen(
            _groupId, message, address, message.SealedContent[NodeAddress.Size..], out byte[] publicKey);
        if (error != LiteError.None)
            return new LiteOutcome(error);
        if (!Ed25519.IsValidPublicKey(publicKey) || NodeAddress.Of(publicKey) != address)
            return new LiteOutcome(LiteError.Malformed);
        LiteMember member = LiteMember.Of(message.Sender, publicKey);
        _members[member.Index] = member;
        _invited.Remove(member.Index);
        List<LiteReply> replies = [];
        if (epoch != Sending)
            BringForward(epoch, member, replies);
        replies.Add(new LiteReply(
            Others, Sending.Seal(_groupId, OwnIndex, _self, LiteMessageType.Roster, default, RosterContent())));
        return new LiteOutcome(LiteError.None, LiteMessageType.Hello, member, Replies: replies);
    }

    private LiteOutcome Signed(LiteEpoch epoch, int counter, LiteMember sender, byte[] content)
    {
        if (content.Length < Ed25519.SignatureSize)
            return new LiteOutcome(LiteError.BadSignature);
        byte[] text = content[Ed25519.SignatureSize..];
        byte[] covered = SignedBytes(epoch.Number, sender.Index, counter, text);
        return Ed25519.Verify(covered, sender.PublicKey.Span, content.AsSpan(0, Ed25519.SignatureSize))
            ? new LiteOutcome(LiteError.None, LiteMessageType.SignedText, sender, text)
            : new LiteOutcome(LiteError.BadSignature);
    }

    private LiteOutcome Rekeyed(LiteEpoch epoch, LiteMember sender, byte[] content)
    {
        List<LiteReply> replies = [];
        bool taken = TryTakeOver(epoch, content, replies);
        CryptographicOperations.ZeroMemory(content);
        return taken
            ? new LiteOutcome(LiteError.None, LiteMessageType.Rekey, sender, Replies: replies)
            : new LiteOutcome(LiteError.Malformed);
    }

    private LiteOutcome Rostered(LiteMember sender, byte[] content)
    {
        if (content.Length % RosterEntrySize != 0)
            return new LiteOutcome(LiteError.Malformed);
        bool learnt = false;
        var told = new HashSet<int>();
        for (ReadOnlySpan<byte> rest = content; !rest.IsEmpty; rest = rest[RosterEntrySize..])
        {
            int index = rest[0];
            if (index >= LiteConstants.MaxMembers)
                continue;
            told.Add(index);
            // The first to be known keeps an index; this node knows its own.
            ReadOnlySpan<byte> publicKey = rest[1..RosterEntrySize];
            if (!_members.ContainsKey(index) && Ed25519.IsValidPublicKey(publicKey))
            {
                _members.Add(index, LiteMember.Of(index, publicKey));
                learnt = true;
            }
        }

        // Two members may have let newcomers in at once: whoever knows both parts tells. It ends when all know all.
        if (_members.Keys.All(told.Contains))
            return new LiteOutcome(LiteError.None, LiteMessageType.Roster, sender);
        var merged = new LiteReply(
            learnt ? Others : [sender],
            Sending.Seal(_groupId, OwnIndex, _self, LiteMessageType.Roster, default, RosterContent()));
        return new LiteOutcome(LiteError.None, LiteMessageType.Roster, sender, Replies: [merged]);
    }

    private byte[] RosterContent()
    {
        byte[] content = new byte[_members.Count * RosterEntrySize];
        Span<byte> rest = content;
        foreach (LiteMember member in _members.Values)
        {
            rest[0] = (byte)member.Index;
            member.PublicKey.Span.CopyTo(rest[1..]);
            rest = rest[RosterEntrySize..];
        }

        return content;
    }
}
