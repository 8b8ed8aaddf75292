using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests.Contacts;

public sealed class ContactCardTests
{
    [Fact]
    public void A_card_comes_back_from_its_URI_with_everything_in_it()
    {
        using LocalIdentity bob = Person(2);
        var card = ContactCard.Sign(bob, "bob ü", ["tcp://192.0.2.7:7450", "quic://bob.example:7450"],
            new KeyPackageHash(9));
        Assert.True(ContactCard.TryParse(card.ToUri(), out ContactCard? read, out _));
        Assert.Equal(card, read);
        Assert.Equal(
            (bob.Address, "bob ü", "tcp://192.0.2.7:7450 quic://bob.example:7450", 9ul),
            (read.Address, read.Name, string.Join(' ', read.Peers), read.KeyPackage!.Value.Value));
        Assert.Equal(bob.PublicKey.ToArray(), read.Key.ToArray());
    }

    [Fact]
    public void The_smallest_and_the_largest_card_are_within_their_bounds()
    {
        using LocalIdentity bob = Person(2);
        Assert.True(ContactCard.TryParse(ContactCard.Sign(bob, "", []).ToUri(), out ContactCard? small, out _));
        Assert.Equal(("", 0, null), (small.Name, small.Peers.Count, small.KeyPackage));
        string longest = "tcp://" + new string('h', ContactCard.MaxPeerSize - 6);
        var large = ContactCard.Sign(bob, new string('n', ContactCard.MaxNameSize),
            [longest, longest, longest, longest], new KeyPackageHash(1));
        Assert.Equal(ContactCard.MaxSize, large.Bytes.Length);
        Assert.True(ContactCard.TryParse(large.ToUri(), out _, out _));
        Assert.Throws<ArgumentException>(() => ContactCard.Sign(bob, "n", [longest + "h"]));
        Assert.Throws<ArgumentException>(() => ContactCard.Sign(bob, "n", ["tcp://a b"]));
        Assert.Throws<ArgumentException>(() => ContactCard.Sign(bob, "a\nb", []));
    }

    [Fact]
    public void A_card_cut_at_any_byte_or_altered_in_any_bit_is_refused()
    {
        using LocalIdentity bob = Person(2);
        byte[] card = ContactCard.Sign(bob, "bob", ["tcp://192.0.2.7:7450"], new KeyPackageHash(9)).Bytes.ToArray();
        for (int cut = 0; cut < card.Length; cut++)
            Assert.False(ContactCard.TryRead(card.AsSpan(0, cut), out _));
        for (int bit = 0; bit < card.Length * 8; bit++)
        {
            card[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(ContactCard.TryRead(card, out _), $"bit {bit}");
            card[bit / 8] ^= (byte)(1 << bit % 8);
        }

        Assert.False(ContactCard.TryRead([.. card, 0], out _));
        Assert.True(ContactCard.TryRead(card, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("qpc:")]
    [InlineData("qpc:AAAA")]
    [InlineData("qpc:!!")]
    [InlineData("QPC:AAAA")]
    [InlineData("qpc-lite:AAAA")]
    public void What_is_no_card_is_refused_with_a_reason(string uri)
    {
        Assert.False(ContactCard.TryParse(uri, out _, out string? error));
        Assert.NotEmpty(error);
        Assert.False(ContactCard.TryParse(ContactCard.Scheme + new string('A', 100_000), out _, out _));
    }

    internal static LocalIdentity Person(byte seed) => LocalIdentity.FromSeed(Enumerable.Repeat(seed, 32).ToArray());
}
