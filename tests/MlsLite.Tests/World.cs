using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite.Tests;

/// <summary>A clock that moves when the test says so.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    internal void Advance(TimeSpan span) => _ticks += span.Ticks;
}

/// <summary>People by number, always the same; and the post between them.</summary>
internal static class World
{
    internal static readonly byte[] Text = "Meet at the old mill at nine, bring rope"u8.ToArray();

    internal static LocalIdentity IdentityOf(byte seed) => LocalIdentity.FromSeed([.. Enumerable.Repeat(seed, 32)]);

    internal static byte[] Key(byte seed)
    {
        using LocalIdentity identity = IdentityOf(seed);
        return identity.PublicKey.ToArray();
    }

    internal static NodeAddress Address(byte seed) => NodeAddress.Of(Key(seed));

    internal static LiteSelf Self(byte seed, TimeProvider? time = null, RandomFill? random = null) =>
        new(IdentityOf(seed), random ?? RandomSource.System, time ?? new ManualTime());

    /// <summary>
    /// A founder and somebody who joined. Indices are drawn: not one that tests give to others, nor 31, which has a
    /// byte of its own in a header (docs/reference/mls-lite.md, section 3) where tests write headers by hand.
    /// </summary>
    internal static (LiteGroup Alice, LiteGroup Bob) Pair(
        LiteCipher cipher = LiteCipher.ChaCha20Poly1305, TimeProvider? time = null)
    {
        while (true)
        {
            (LiteGroup alice, LiteGroup bob) = AnyPair(cipher, time);
            if (bob.OwnIndex is not (5 or 6 or 20 or 31))
                return (alice, bob);
        }
    }

    private static (LiteGroup Alice, LiteGroup Bob) AnyPair(LiteCipher cipher, TimeProvider? time)
    {
        LiteGroup alice = LiteGroup.Create(Self(1, time), "mill", cipher);
        using LiteInvitation invitation = alice.Invite(out _);
        LiteGroup bob = LiteGroup.Join(Self(2, time), invitation, out LiteReply hello);
        Deliver([alice, bob], [hello]);
        return (alice, bob);
    }

    /// <summary>A group of several who all know one another and one another's streams; the first founded it.</summary>
    internal static LiteGroup[] Circle(
        int count, TimeProvider? time = null, LiteCipher cipher = LiteCipher.ChaCha20Poly1305)
    {
        List<LiteGroup> all = [LiteGroup.Create(Self(1, time), "mill", cipher)];
        for (byte seed = 2; seed <= count; seed++)
            all.Add(Join(all[0], [.. all.Skip(1)], seed, time));
        foreach (LiteGroup writer in all)
        {
            byte[] message = Seal(writer, [.. all]);
            foreach (LiteGroup reader in all.Where(g => g != writer))
                AssertReads(reader, message, writer);
        }

        return [.. all];
    }

    internal static LiteGroup Join(LiteGroup inviter, LiteGroup[] others, byte seed, TimeProvider? time = null)
    {
        using LiteInvitation invitation = inviter.Invite(out IReadOnlyList<LiteReply> rekeys);
        LiteGroup newcomer = LiteGroup.Join(Self(seed, time), invitation, out LiteReply hello);
        Deliver([inviter, newcomer, .. others], [.. rekeys, hello]);
        return newcomer;
    }

    /// <summary>
    /// Brings every message, and what it causes, to whom it is for. What comes before the epoch or the member it needs
    /// is kept and tried again, as a node does.
    /// </summary>
    internal static void Deliver(LiteGroup[] groups, IEnumerable<LiteReply> replies, bool mayFail = false)
    {
        var queue = new Queue<(LiteGroup To, ReadOnlyMemory<byte> Message, int Tries)>();
        void Enqueue(LiteReply reply)
        {
            foreach (LiteGroup group in groups.Where(g => reply.To.Any(m => m.Address == Own(g).Address)))
                queue.Enqueue((group, reply.Message, 0));
        }

        foreach (LiteReply reply in replies)
            Enqueue(reply);
        while (queue.TryDequeue(out (LiteGroup To, ReadOnlyMemory<byte> Message, int Tries) next))
        {
            LiteOutcome outcome = next.To.Open(next.Message.Span);
            if (outcome.Error is LiteError.UnknownEpoch or LiteError.UnknownSender && next.Tries < 10)
                queue.Enqueue(next with { Tries = next.Tries + 1 });
            else if (!mayFail)
                Assert.Equal(LiteError.None, outcome.Error);
            foreach (LiteReply reply in outcome.Replies ?? [])
                Enqueue(reply);
        }
    }

    /// <summary>A text's message; who does not know the writer's stream is told of it first.</summary>
    internal static byte[] Seal(LiteGroup writer, LiteGroup[] all, byte[]? text = null) =>
        Introduced(writer.Seal(text ?? Text), all);

    internal static byte[] SealSigned(LiteGroup writer, LiteGroup[] all, byte[]? text = null) =>
        Introduced(writer.SealSigned(text ?? Text), all);

    internal static void AssertReads(LiteGroup reader, byte[] message, LiteGroup sender, byte[]? text = null)
    {
        LiteOutcome outcome = reader.Open(message);
        Assert.Equal(LiteError.None, outcome.Error);
        Assert.Equal(sender.OwnIndex, outcome.Sender!.Index);
        Assert.Equal(text ?? Text, outcome.Text.ToArray());
    }

    internal static LiteMember Own(LiteGroup group) => group.Members.Single(m => m.Index == group.OwnIndex);

    private static byte[] Introduced(LiteSealed made, LiteGroup[] all)
    {
        if (made.Introduction is { } introduction)
            Deliver(all, [introduction]);
        return made.Message;
    }
}
