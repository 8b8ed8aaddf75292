namespace QuicProChat.Mesh.Identity.Tests.Vectors;

public class PrimitiveVectors
{
    // RFC 8032, section 7.1.
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData(
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Ed25519_computes_the_RFC_8032_signatures(
        string seed, string publicKey, string message, string signature)
    {
        byte[] pk = new byte[32], sk = new byte[64], sig = new byte[64];
        Ed25519.KeyPairFromSeed(Hex(seed), pk, sk);
        Ed25519.Sign(Hex(message), sk, sig);
        Assert.Equal(publicKey, ToHex(pk));
        Assert.Equal(signature, ToHex(sig));
        Assert.True(Ed25519.Verify(Hex(message), pk, sig));
    }

    [Fact]
    public void Ed25519_refuses_every_signature_with_one_bit_flipped()
    {
        byte[] pk = new byte[32], sk = new byte[64], sig = new byte[64];
        Ed25519.KeyPairFromSeed(Hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), pk, sk);
        Ed25519.Sign("message"u8, sk, sig);
        for (int bit = 0; bit < sig.Length * 8; bit++)
        {
            sig[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(Ed25519.Verify("message"u8, pk, sig));
            sig[bit / 8] ^= (byte)(1 << bit % 8);
        }
    }

    // RFC 7748, section 5.2.
    [Theory]
    [InlineData(
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData(
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void X25519_computes_the_RFC_7748_products(string scalar, string u, string product)
    {
        byte[] shared = new byte[32];
        Assert.True(X25519.TryAgree(Hex(scalar), Hex(u), shared));
        Assert.Equal(product, ToHex(shared));
    }

    // RFC 7748, section 5.2, the iterated test.
    [Fact]
    public void X25519_reaches_the_RFC_7748_value_after_a_thousand_rounds()
    {
        byte[] k = Hex("0900000000000000000000000000000000000000000000000000000000000000");
        byte[] u = (byte[])k.Clone();
        for (int i = 0; i < 1000; i++)
        {
            byte[] next = new byte[32];
            Assert.True(X25519.TryAgree(k, u, next));
            (u, k) = (k, next);
        }

        Assert.Equal("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51", ToHex(k));
    }

    // RFC 7748, section 6.1: the all-zero output must be noticed.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    public void X25519_refuses_points_of_small_order(string u)
    {
        byte[] scalar = Hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
        Assert.False(X25519.TryAgree(scalar, Hex(u), new byte[32]));
    }

    private const string Sunscreen =
        "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666657220796f75"
        + "206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e";

    // RFC 8439, section 2.8.2.
    [Fact]
    public void ChaChaPoly_computes_the_RFC_8439_ciphertext()
    {
        byte[] cipher = new byte[Sunscreen.Length / 2 + 16];
        ChaChaPoly.Seal(Counting(0x80, 32), Hex("070000004041424344454647"), Hex("50515253c0c1c2c3c4c5c6c7"),
            Hex(Sunscreen), cipher);
        Assert.Equal(
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
            + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116"
            + "1ae10b594f09e26a7e902ecbd0600691", ToHex(cipher));
    }

    // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    [Fact]
    public void XChaChaPoly_computes_the_drafts_ciphertext()
    {
        byte[] cipher = new byte[Sunscreen.Length / 2 + 16];
        XChaChaPoly.Seal(Counting(0x80, 32), Counting(0x40, 24), Hex("50515253c0c1c2c3c4c5c6c7"),
            Hex(Sunscreen), cipher);
        Assert.Equal(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
            + "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e"
            + "c0875924c1c7987947deafd8780acf49", ToHex(cipher));
    }

    [Fact]
    public void Aeads_refuse_every_altered_byte_and_every_truncation()
    {
        byte[] key = Counting(1, 32), cipher = new byte[20 + 16], message = new byte[20];
        ChaChaPoly.Seal(key, new byte[12], [7], new byte[20], cipher);
        for (int i = 0; i < cipher.Length; i++)
        {
            cipher[i] ^= 1;
            Assert.False(ChaChaPoly.TryOpen(key, new byte[12], [7], cipher, message));
            cipher[i] ^= 1;
            Assert.False(ChaChaPoly.TryOpen(key, new byte[12], [7], cipher.AsSpan(0, i),
                new byte[Math.Max(0, i - 16)]));
        }

        Assert.False(ChaChaPoly.TryOpen(key, new byte[12], [8], cipher, message));
        Assert.True(ChaChaPoly.TryOpen(key, new byte[12], [7], cipher, message));
    }

    // Digests from Python's hashlib.blake2b(digest_size=16).
    [Theory]
    [InlineData("", "cae66941d9efbd404e4d88758ea67670")]
    [InlineData("616263", "cf4ab791c62b8d2b2109c90275287816")]
    public void Blake2b_hashes_like_an_independent_implementation(string message, string digest)
    {
        byte[] result = new byte[16];
        Blake2b.Hash(Hex(message), result);
        Assert.Equal(digest, ToHex(result));
    }

    [Fact]
    public void Blake2b_of_two_parts_is_that_of_their_concatenation_and_allocates_nothing()
    {
        byte[] message = Counting(0, 300), whole = new byte[16], parts = new byte[16];
        Blake2b.Hash(message, whole);
        for (int cut = 0; cut <= message.Length; cut++)
        {
            Blake2b.Hash(message.AsSpan(0, cut), message.AsSpan(cut), parts);
            Assert.Equal(whole, parts);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Blake2b.Hash(message.AsSpan(0, 2), message.AsSpan(2), parts);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    // Values from python3-cryptography (OpenSSL's Argon2id, one lane).
    [Fact]
    public void Argon2id_derives_like_an_independent_implementation()
    {
        byte[] key = new byte[32];
        Argon2id.Derive("password"u8, "somesaltsomesalt"u8, new Argon2Cost(64, 2), key);
        Assert.Equal("1a98fba8e6394425c9bdc333a9c750aaf811df070f5fb4a5788e1cf4db5793a1", ToHex(key));
    }

    [Fact]
    public void Self_test_passes() => SelfTest.Run();

    private static byte[] Counting(int first, int count) => [.. Enumerable.Range(first, count).Select(i => (byte)i)];

    private static byte[] Hex(string digits) => Convert.FromHexString(digits);

    private static string ToHex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
