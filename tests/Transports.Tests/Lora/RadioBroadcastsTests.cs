using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Lora.Adaptation;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>What goes to all neighbours at once, and whom it convinces.</summary>
public sealed class RadioBroadcastsTests : IDisposable
{
    private readonly LocalIdentity _a = LocalIdentity.FromSeed([.. Enumerable.Repeat((byte)1, 32)]);
    private readonly LocalIdentity _b = LocalIdentity.FromSeed([.. Enumerable.Repeat((byte)2, 32)]);
    private readonly List<IDisposable> _owned = [];

    public void Dispose()
    {
        _owned.ForEach(o => o.Dispose());
        _a.Dispose();
        _b.Dispose();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void A_broadcast_convinces_each_neighbour_once_and_only_by_its_own_tag(int tagSize)
    {
        Broadcasts sender = new(0xFFF0, tagSize);
        List<(RadioSession Ours, RadioSession Theirs, Broadcasts Receiver)> all = [];
        for (byte i = 10; i < 15; i++)
        {
            using LocalIdentity other = LocalIdentity.FromSeed([.. Enumerable.Repeat(i, 32)]);
            (RadioSession ours, RadioSession theirs) = Sessions(_a, other, tagSize);
            theirs.Meet(sender.Introduce(ours, 1));
            all.Add((ours, theirs, new Broadcasts(0, tagSize)));
        }
        Assert.Equal(5 * tagSize, sender.TagBytes);
        byte[]? former = null;
        // Over the end of 16 bits, with gaps.
        for (int n = 0; n < 200; n++)
        {
            byte[] bytes = sender.MakeBroadcast(7, [1, 2, (byte)n]);
            Assert.True(RadioFrame.TryRead(bytes, tagSize, out RadioFrame frame));
            Assert.Equal((RadioFrameType.Broadcast, 5), (frame.Type, frame.Sequence));
            int signed = bytes.Length - (5 * tagSize);
            if (n % 7 == 3)
                continue;
            foreach ((_, RadioSession theirs, Broadcasts receiver) in all)
            {
                byte[] changed = [.. bytes];
                changed[n % signed] ^= 1;
                Assert.False(receiver.TryAccept(theirs, frame.To, changed.AsSpan(..signed), bytes.AsSpan(signed..)));
                byte[] others = [.. bytes[(signed + tagSize)..], .. bytes[signed..(signed + tagSize)]];
                Assert.False(receiver.TryAccept(theirs, frame.To, bytes.AsSpan(..signed), others));
                Assert.True(receiver.TryAccept(theirs, frame.To, bytes.AsSpan(..signed), bytes.AsSpan(signed..)));
                Assert.False(receiver.TryAccept(theirs, frame.To, bytes.AsSpan(..signed), bytes.AsSpan(signed..)));
                Assert.True(former is null
                    || !receiver.TryAccept(theirs, frame.To, former.AsSpan(..signed), former.AsSpan(signed..)));
            }
            former = bytes;
        }
        sender.Release(all[1].Ours);
        Assert.Equal(5 * tagSize, sender.TagBytes);
        sender.Release(all[4].Ours);
        Assert.Equal(4 * tagSize, sender.TagBytes);
    }

    [Fact]
    public void Neighbours_beyond_the_tags_of_a_broadcast_are_told_so()
    {
        Broadcasts sender = new(0, 2);
        List<RadioIntroduction> told = [];
        for (int i = 0; i < Broadcasts.MaxTags + 3; i++)
            told.Add(sender.Introduce(Sessions(_a, _b, 2).Ours, 1));
        Assert.Equal(Enumerable.Range(0, Broadcasts.MaxTags), told.Take(Broadcasts.MaxTags).Select(t => (int)t.Slot));
        Assert.All(told.Skip(Broadcasts.MaxTags), t => Assert.Equal(RadioIntroduction.NoSlot, t.Slot));
        RadioSession without = Sessions(_a, _b, 2).Theirs;
        without.Meet(told[^1]);
        Assert.Null(without.PeerBroadcasts);
        Assert.False(sender.TryAccept(without, 0, new byte[5], new byte[500]));
    }

    [Fact]
    public void Of_broadcasts_only_later_ones_are_new()
    {
        BroadcastWindow window = new(0xFFFE);
        Assert.True(window.TryAccept(window.Expand(0xFFFE)));
        Assert.False(window.TryAccept(window.Expand(0xFFFE)));
        Assert.True(window.TryAccept(window.Expand(3)));
        Assert.Equal(0x1_0003u, window.Expand(3));
        Assert.False(window.TryAccept(window.Expand(2)));
        Assert.False(window.TryAccept(window.Expand(0xFFFF)));
        Assert.True(window.TryAccept(window.Expand(0x7FFF)));
    }

    private (RadioSession Ours, RadioSession Theirs) Sessions(LocalIdentity self, LocalIdentity other, int checkSize)
    {
        using PairSecret ours = PairSecret.Agree(self, other.PublicKey.Span, default)!;
        using PairSecret theirs = PairSecret.Agree(other, self.PublicKey.Span, default)!;
        RadioSession a = new(ours.Derive(1, 2, greeted: true, checkSize), greeted: true);
        RadioSession b = new(theirs.Derive(2, 1, greeted: false, checkSize), greeted: false);
        _owned.AddRange([a, b]);
        return (a, b);
    }
}
