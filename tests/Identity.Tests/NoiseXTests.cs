namespace QuicProChat.Mesh.Identity.Tests;

public class NoiseXTests
{
    // From the published vectors of cacophony and snow for Noise_X_25519_ChaChaPoly_SHA256. The transport messages
    // that follow the handshake prove the keys of Split: of a one-way pattern, all under the first.
    [Theory]
    [InlineData(
        "4a6f686e2047616c74",
        "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
        "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
        "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
        "4c756477696720766f6e204d69736573",
        "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79446c15957a594079a5bdeae05d01e089fbb7cc6ea2ecfd209b941f73c9235213bc875f7283e9e17ebdac8112627915b455fdc3aaa6de60cb3c98302f370fdb03ea850b9b0cf22fec13e4dc0707245c8721",
        "e6adfaa886b76b16b2aa79c54434c77fed488c8aa66d2c545608f4352f70f664",
        "4d757272617920526f746862617264",
        "9868def631af6242aaf00c35218275832d8d022af1c67b9fc5e8ba90f4d91b")]
    [InlineData(
        "5468657265206973206e6f20726967687420616e642077726f6e672e2054686572652773206f6e6c792066756e20616e6420626f72696e672e",
        "a86077a7e90ed6f510f46d3aae9c522a11452ee7fae7f1a31f5063f07fa71ea5",
        "ba1adcceefcc42688a32385f15d8d21d872ffca56121e9e457be7d54143ca7ea",
        "f215818f70d5163ebc2b44501fbbd9c326eb75e277d2c43450465590a6c1a372",
        "42a8ec6059c4db88532da153e56c69e06c031e4ad09f7c94835272f415253ef0",
        "0a191bc7600105e5d87a8942ae85ef4e56e00e41f02c56ffddf03f8c4faf38619bacc88d5e258b80654ffedd53e81d24a0d442e8b70d6ded0f45913dc53949b945b4464f7f325d7b66e6609b7dea79cd5b379b135daeeb4e9e95e97ddc507330bbadab51fb70714fe3d7a4c19c6366ecc0838ec96183a3121a662b34e6b061d6",
        null,
        "1c999f353f98fdb30d2b79d871cd64228abbdf47995c9d350ae8fd22fb41216d",
        "9a7876965b822b1933535a93ac3d9fd5c495f3027aaafce38ebfe2965da10aa84a0c7c5922831c79931a4dd3846470d4")]
    public void The_published_handshakes_come_out(
        string prologue, string initiator, string ephemeral, string responder, string payload, string message,
        string? handshakeHash, string transport, string transportCipher)
    {
        byte[] s = Hex(initiator), e = Hex(ephemeral), r = Hex(responder), content = Hex(payload);
        byte[] sPublic = new byte[32], ePublic = new byte[32], rPublic = new byte[32], es = new byte[32],
            ss = new byte[32];
        X25519.PublicKey(s, sPublic);
        X25519.PublicKey(e, ePublic);
        X25519.PublicKey(r, rPublic);
        Assert.True(X25519.TryAgree(e, rPublic, es));
        Assert.True(X25519.TryAgree(s, rPublic, ss));

        byte[] output = new byte[96 + content.Length];
        OneWayNoise noise = new(new byte[OneWayNoise.StateSize], OneWayNoise.NameOfX, Hex(prologue), rPublic);
        ePublic.CopyTo(output, 0);
        noise.MixHash(ePublic);
        noise.MixKey(es);
        noise.EncryptAndHash(sPublic, output.AsSpan(32, 48));
        noise.MixKey(ss);
        noise.EncryptAndHash(content, output.AsSpan(80));
        Assert.Equal(message, Convert.ToHexStringLower(output));
        if (handshakeHash is not null)
            Assert.Equal(handshakeHash, Convert.ToHexStringLower(noise.Hash));

        byte[] first = new byte[32], second = new byte[32], cipher = new byte[transport.Length / 2 + 16];
        noise.Split(first, second);
        ChaChaPoly.Seal(first, new byte[12], [], Hex(transport), cipher);
        Assert.Equal(transportCipher, Convert.ToHexStringLower(cipher));
        Assert.NotEqual(first, second);
    }

    private static byte[] Hex(string digits) => Convert.FromHexString(digits);
}
