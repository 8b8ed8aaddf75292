using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire.Tests;

public sealed class AnnounceTests
{
    [Fact]
    public void An_announce_keeps_its_budget_with_everything_in_it()
    {
        Announce largest = Codec.WriteAnnounce(name: new string('n', Limits.MaxNodeName));
        Assert.Equal(UnverifiedAnnounce.MaxSize, largest.Bytes.Length);
        Assert.InRange(sizeof(FrameKind) + largest.Bytes.Length, 1, 159);
        Assert.InRange(sizeof(FrameKind) + largest.Bytes.Length, 1, Limits.MinMaxFrame);
    }

    [Fact]
    public void What_was_announced_is_what_verification_yields()
    {
        Announce made = Codec.WriteAnnounce(sequence: 0xFFFFFFFF, name: "Käsbohrer");
        Assert.True(UnverifiedAnnounce.TryRead(made.Bytes, out UnverifiedAnnounce heard));
        Assert.True(heard.TryVerify(out Announce? announce));
        Assert.Equal(NodeAddress.Of(made.PublicKey), announce.Address);
        Assert.Equal(0xFFFFFFFF, announce.Sequence);
        Assert.Equal("Käsbohrer"u8.ToArray(), announce.Name.ToArray());
        Assert.Equal(Capabilities.Relay | Capabilities.StoreAndForward, announce.Capabilities);
        Assert.Equal(new KeyPackageHash(0x0123456789ABCDEF), announce.KeyPackage);
        Assert.Equal(made.Bytes.ToArray(), announce.Bytes.ToArray());
    }

    [Fact]
    public void An_announce_with_any_bit_changed_never_verifies()
    {
        byte[] bytes = Codec.Named("Announce").Example.ToArray();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(UnverifiedAnnounce.TryRead(bytes, out UnverifiedAnnounce announce)
                && announce.TryVerify(out _), $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    [Fact]
    public void An_announce_signed_by_another_key_never_verifies()
    {
        byte[] mine = Codec.WriteAnnounce().Bytes.ToArray();
        byte[] theirs = Codec.WriteAnnounce(new byte[32], 7, "relay-3").Bytes.ToArray();
        theirs.AsSpan(5, 32).CopyTo(mine.AsSpan(5));
        Assert.True(UnverifiedAnnounce.TryRead(mine, out UnverifiedAnnounce announce));
        Assert.False(announce.TryVerify(out _));
    }

    [Fact]
    public void An_announce_without_name_or_key_package_is_the_smallest()
    {
        byte[] publicKey = new byte[32], secretKey = new byte[64];
        Ed25519.KeyPairFromSeed(Codec.Seed, publicKey, secretKey);
        Announce announce =
            Announce.Create(1, publicKey, Capabilities.None, null, "", (m, s) => Ed25519.Sign(m, secretKey, s));
        Assert.Equal(UnverifiedAnnounce.MinSize, announce.Bytes.Length);
        Assert.Null(announce.KeyPackage);
        Assert.True(announce.Name.IsEmpty);
    }

    [Fact]
    public void A_signer_that_does_not_fit_the_key_is_a_local_fault()
    {
        Assert.Throws<ArgumentException>(
            () => Announce.Create(1, new byte[32], Capabilities.None, null, "", (_, _) => { }));
        Assert.Throws<ArgumentException>(
            () => Announce.Create(1, new byte[31], Capabilities.None, null, "", (_, _) => { }));
        Assert.Throws<ArgumentException>(
            () => Announce.Create(1, new byte[32], Capabilities.None, null, "a\nb", (_, _) => { }));
    }

    [Fact]
    public void A_stored_announce_comes_back_and_damaged_bytes_do_not()
    {
        Announce announce = Codec.WriteAnnounce();
        Assert.True(Announce.TryRestore(announce.Bytes, out Announce? restored));
        Assert.Equal(announce.Address, restored.Address);
        Assert.False(Announce.TryRestore(announce.Bytes[..^1], out _));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("Straßenlampe 3", true)]
    [InlineData("exactly twenty bytes", true)]
    [InlineData("twenty-one bytes long", false)]
    [InlineData("ÄÄÄÄÄÄÄÄÄÄÄ", false)]
    [InlineData("a\u001b[2J", false)]
    [InlineData("a\nb", false)]
    [InlineData("a\u007f", false)]
    [InlineData("a\u0085", false)]
    [InlineData("a\u202eb", false)]
    [InlineData("a\u2028b", false)]
    [InlineData("a\u200db", true)]
    public void A_name_that_could_command_a_terminal_or_disguise_itself_is_refused(string name, bool valid)
    {
        Assert.Equal(valid, NodeName.IsValid(name));
    }

    [Fact]
    public void A_name_that_is_not_utf8_is_refused()
    {
        Assert.False(NodeName.IsValid([0x61, 0xFF]));
        Assert.False(NodeName.IsValid([0xC3]));
        Assert.False(NodeName.IsValid([0xED, 0xA0, 0x80]));
        Assert.False(NodeName.IsValid("half a pair \ud800"));
    }
}
