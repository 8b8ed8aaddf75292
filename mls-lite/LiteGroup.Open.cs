using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

// What a group does with a message that arrived. Cheap checks come first, and nothing changes before the last one
// holds.
public sealed partial class LiteGroup
{
    // index(1) publicKey(32)
    private const int RosterEntrySize = 1 + Ed25519.PublicKeySize;

    /// <summary>Derivations that checking a signature is worth.</summary>
    private const int SignaturePrice = 50;

    /// <summary>
    /// True if a message may belong here: its tag is that of an epoch, or of a stream of its sender in one.
    /// </summary>
    public bool Knows(in UnverifiedLiteMessage message)
    {
        foreach (LiteEpoch epoch in _epochs.Kept)
        {
            if (StreamsOf(epoch, message).Length > 0)
                return true;
        }

        return false;
    }

    /// <summary>
    /// What finding out costs whether a message is authentic, in key derivations of a microsecond or two: about 2 for
    /// one that comes in order, at most some 30 for each epoch that has its tag.
    /// </summary>
    public int PriceOf(in UnverifiedLiteMessage message)
    {
        int price = 0;
        foreach (LiteEpoch epoch in _epochs.Kept)
        {
            foreach (LiteStream stream in StreamsOf(epoch, message))
                price += 1 + Math.Max(0, epoch.CostOf(Header(message, default, stream).Path));
        }

        return price;
    }

    /// <summary>What a message cost that was not accepted, in the same unit.</summary>
    public static int ExtraPriceOf(LiteError error) => error == LiteError.BadSignature ? SignaturePrice : 0;

    /// <summary>
    /// Opens a message. Anything may be given: what is not an authentic message of this group comes back as an error
    /// and changes nothing.
    /// </summary>
    public LiteOutcome Open(ReadOnlySpan<byte> bytes)
    {
        if (!UnverifiedLiteMessage.TryRead(bytes, out UnverifiedLiteMessage message))
            return new LiteOutcome(LiteError.Malformed);
        var error = LiteError.UnknownEpoch;
        foreach (LiteEpoch epoch in _epochs.Kept)
        {
            foreach (LiteStream stream in StreamsOf(epoch, message))
            {
                LiteOutcome outcome = OpenIn(epoch, message, stream);
                if (outcome.Error == LiteError.None)
                    return outcome;
                error = outcome.Error;
            }
        }

        return new LiteOutcome(error);
    }

    /// <summary>The streams that a message may belong to in an epoch.</summary>
    private static LiteStream[] StreamsOf(LiteEpoch epoch, in UnverifiedLiteMessage message)
    {
        if (message.NamesStream)
            return epoch.Tag == message.Tag ? [message.Stream] : [];
        List<LiteStream>? found = null;
        foreach (OpenStream open in epoch.Streams)
        {
            if (open.Tag == message.Tag && open.Sender == message.Sender)
                (found ??= []).Add(open.Stream);
        }

        return found is null ? [] : [.. found];
    }

    private static LiteHeader Header(in UnverifiedLiteMessage message, NodeAddress sender, LiteStream stream) =>
        new(message.Type, message.Sender, sender, stream, message.Counter);

    private LiteOutcome OpenIn(LiteEpoch epoch, in UnverifiedLiteMessage message, LiteStream stream)
    {
        if (message.Sender == OwnIndex)
            return new LiteOutcome(LiteError.ReplayedOrTooOld);
        if (message.Type == LiteMessageType.Hello)
            return OpenHello(epoch, message);
        if (!_members.TryGetValue(message.Sender, out MemberState? sender))
            return new LiteOutcome(LiteError.UnknownSender);
        LiteHeader header = Header(message, sender.Member.Address, stream);
        LiteError error = epoch.TryOpen(Id, header, message.SealedContent, out byte[] content);
        if (error != LiteError.None)
            return new LiteOutcome(error);
        if (!header.IsSigned)
        {
            List<LiteReply> replies = Accept(epoch, header, sender);
            return new LiteOutcome(LiteError.None, message.Type, sender.Member, content, replies);
        }

        error = Verify(epoch, header, sender.Member.PublicKey.Span, content);
        if (error == LiteError.None && message.NamesStream && !sender.Control.TryTake(_self.Now))
            error = LiteError.TooMany;
        if (error != LiteError.None)
            return new LiteOutcome(error);
        LiteOutcome outcome = OpenSigned(epoch, header, sender, content.AsSpan(Ed25519.SignatureSize));
        CryptographicOperations.ZeroMemory(content);
        return outcome;
    }

    private LiteError Verify(
        LiteEpoch epoch, in LiteHeader header, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> content)
    {
        if (content.Length < Ed25519.SignatureSize)
            return LiteError.BadSignature;
        byte[] covered = header.SignedBytes(Id, epoch.Id, content[Ed25519.SignatureSize..]);
        bool holds = Ed25519.Verify(covered, publicKey, content[..Ed25519.SignatureSize]);
        CryptographicOperations.ZeroMemory(covered);
        return holds ? LiteError.None : LiteError.BadSignature;
    }

    private LiteOutcome OpenSigned(LiteEpoch epoch, in LiteHeader header, MemberState sender, Span<byte> content)
    {
        switch (header.Type)
        {
            case LiteMessageType.Rekey:
                return OpenRekey(epoch, header, sender, content);
            case LiteMessageType.Roster:
                return OpenRoster(epoch, header, sender, content);
            case LiteMessageType.Start when !content.IsEmpty:
                return new LiteOutcome(LiteError.Malformed);
            default:
                byte[] text = content.ToArray();
                return new LiteOutcome(LiteError.None, header.Type, sender.Member, text, Accept(epoch, header, sender));
        }
    }

    /// <summary>
    /// The message is authentic: its key is gone, and what its header says about its sender is learnt.
    /// </summary>
    private List<LiteReply> Accept(LiteEpoch epoch, in LiteHeader header, MemberState sender)
    {
        if (UnverifiedLiteMessage.HasStream(header.Type))
        {
            sender.Learn(header.Stream);
            foreach (LiteEpoch kept in _epochs.Kept)
                _ = kept.TryOpenStream(header.Sender, header.Stream);
        }

        epoch.Use(header.Path);
        List<LiteReply> replies = [];
        Heard(sender, epoch, replies);
        return replies;
    }

    // The newcomer's address and key are inside, and its signature shows that the key is its own.
    private LiteOutcome OpenHello(LiteEpoch epoch, in UnverifiedLiteMessage message)
    {
        LiteHeader header = Header(message, default, message.Stream);
        LiteError error = epoch.TryOpen(Id, header, message.SealedContent, out byte[] content);
        if (error != LiteError.None)
            return new LiteOutcome(error);
        if (content.Length != Ed25519.SignatureSize + Ed25519.PublicKeySize
            || message.Sender >= LiteConstants.MaxMembers)
            return new LiteOutcome(LiteError.Malformed);
        ReadOnlySpan<byte> publicKey = content.AsSpan(Ed25519.SignatureSize);
        if (!Ed25519.IsValidPublicKey(publicKey))
            return new LiteOutcome(LiteError.Malformed);
        error = Verify(epoch, header, publicKey, content);
        if (error != LiteError.None)
            return new LiteOutcome(error);
        bool isKnown = _members.TryGetValue(message.Sender, out MemberState? newcomer);
        if (isKnown && !newcomer!.Member.PublicKey.Span.SequenceEqual(publicKey))
            return new LiteOutcome(LiteError.UnknownSender);
        newcomer ??= new MemberState(LiteMember.Of(message.Sender, publicKey));
        if (!newcomer.Control.TryTake(_self.Now) || !_answers.TryTake(_self.Now))
            return new LiteOutcome(LiteError.TooMany);
        _members[message.Sender] = newcomer;
        _invited.Remove(message.Sender);
        List<LiteReply> replies = Accept(epoch, header, newcomer);
        if (epoch != _epochs.Sending)
            BringForward(epoch, newcomer, replies);
        AddRoster(Others, replies);
        return new LiteOutcome(LiteError.None, LiteMessageType.Hello, newcomer.Member, Replies: replies);
    }

    private LiteOutcome OpenRekey(LiteEpoch epoch, in LiteHeader header, MemberState sender, Span<byte> content)
    {
        List<LiteReply> replies = [];
        if (!TryTakeOver(epoch, header, sender, content, replies))
            return new LiteOutcome(LiteError.Malformed);
        replies.AddRange(Accept(epoch, header, sender));
        return new LiteOutcome(LiteError.None, LiteMessageType.Rekey, sender.Member, Replies: replies);
    }

    private LiteOutcome OpenRoster(
        LiteEpoch epoch, in LiteHeader header, MemberState sender, ReadOnlySpan<byte> content)
    {
        if (content.Length % RosterEntrySize != 0)
            return new LiteOutcome(LiteError.Malformed);
        bool learnt = false;
        var told = new HashSet<int>();
        for (ReadOnlySpan<byte> rest = content; !rest.IsEmpty; rest = rest[RosterEntrySize..])
        {
            int index = rest[0];
            ReadOnlySpan<byte> publicKey = rest[1..RosterEntrySize];
            if (index >= LiteConstants.MaxMembers || !Ed25519.IsValidPublicKey(publicKey))
                continue;
            told.Add(index);
            // The first to be known keeps an index; this node knows its own.
            learnt |= _members.TryAdd(index, new MemberState(LiteMember.Of(index, publicKey)));
        }

        List<LiteReply> replies = Accept(epoch, header, sender);
        // Two members may have let newcomers in at once: whoever knows both parts tells. It ends when all know all.
        if (!_members.Keys.All(told.Contains) && _answers.TryTake(_self.Now))
            AddRoster(learnt ? Others : [sender.Member], replies);
        return new LiteOutcome(LiteError.None, LiteMessageType.Roster, sender.Member, Replies: replies);
    }

    private void AddRoster(IReadOnlyList<LiteMember> to, List<LiteReply> replies)
    {
        byte[] content = new byte[_members.Count * RosterEntrySize];
        Span<byte> rest = content;
        foreach (MemberState member in _members.Values)
        {
            rest[0] = (byte)member.Member.Index;
            member.Member.PublicKey.Span.CopyTo(rest[1..]);
            rest = rest[RosterEntrySize..];
        }

        if (TrySeal(_epochs.Sending, LiteMessageType.Roster, content, to) is { } message)
            replies.Add(new LiteReply(to, message));
    }
}
