namespace QuicProChat.Mesh.Identity.Tests;

public class SecretMemoryTests
{
    [Fact]
    public void Secret_memory_starts_zeroed_and_keeps_what_is_written()
    {
        using SecretBuffer buffer = new(100);
        using SecretBuffer.Lease lease = buffer.Borrow();
        Assert.Equal(-1, lease.Span.IndexOfAnyExcept((byte)0));
        lease.Span[99] = 7;
        using SecretBuffer.Lease second = buffer.Borrow();
        Assert.Equal(7, second.Span[99]);
    }

    [Fact]
    public void A_disposed_buffer_cannot_be_borrowed_but_lives_as_long_as_a_lease()
    {
        SecretBuffer buffer = new(32);
        SecretBuffer.Lease lease = buffer.Borrow();
        lease.Span[0] = 9;
        buffer.Dispose();
        Assert.Equal(9, lease.Span[0]);
        lease.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { buffer.Borrow(); });
    }

    [Fact]
    public void A_disposed_identity_signs_no_more()
    {
        LocalIdentity identity = LocalIdentity.Generate();
        identity.Dispose();
        Assert.Throws<ObjectDisposedException>(() => identity.Sign([], new byte[64]));
    }

    [Fact]
    public void The_peer_longest_unused_is_forgotten_first()
    {
        using PeerSecrets secrets = new(2);
        byte[] a = Key(1), b = Key(2), c = Key(3), other = new byte[32], shared = new byte[32];
        secrets.Put(a, Key(11), Key(21));
        secrets.Put(b, Key(12), Key(22));
        Assert.True(secrets.TryGet(a, other, shared));
        secrets.Put(c, Key(13), Key(23));
        Assert.False(secrets.TryGet(b, other, shared));
        Assert.True(secrets.TryGet(a, other, shared));
        Assert.Equal(Key(11), other);
        Assert.Equal(Key(21), shared);
        Assert.True(secrets.TryGet(c, other, shared));
        Assert.Equal(Key(13), other);
        Assert.Equal(2, secrets.Count);
    }

    [Fact]
    public void An_Ed25519_key_is_recovered_from_its_image_and_what_is_no_image_is_refused()
    {
        for (int i = 0; i < 50; i++)
        {
            using LocalIdentity identity = LocalIdentity.FromSeed(Key((byte)i));
            byte[] recovered = new byte[32];
            bool negative = (identity.PublicKey.Span[31] & 0x80) != 0;
            Assert.True(Curve25519Map.TryRecover(identity.X25519PublicKey.Span, negative, recovered));
            Assert.True(identity.PublicKey.Span.SequenceEqual(recovered));

            // The same u with bit 255 set, which RFC 7748 makes implementations ignore: another encoding, refused.
            byte[] nonCanonical = identity.X25519PublicKey.ToArray();
            nonCanonical[31] |= 0x80;
            Assert.False(Curve25519Map.TryRecover(nonCanonical, negative, recovered));
        }
    }

    // u = -1 divides by zero; 0 and 1 are of small order; 2 is on the twist.
    [Theory]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void Values_that_are_no_image_of_an_identity_are_refused(string u) =>
        Assert.False(Curve25519Map.TryRecover(Convert.FromHexString(u), false, new byte[32]));

    private static byte[] Key(byte value) => [.. Enumerable.Repeat(value, 32)];
}
