namespace QuicProChat.Mesh.Identity;

/// <summary>Checks every primitive against one published vector before the node does anything with it.</summary>
public static class SelfTest
{
    /// <summary>Runs all checks; takes about a millisecond.</summary>
    /// <exception cref="PlatformNotSupportedException">A primitive computes something else than its specification; the
    /// message names it.</exception>
    public static void Run()
    {
        Check(TestEd25519(), "Ed25519 (RFC 8032)");
        Check(TestX25519(), "X25519 (RFC 7748)");
        Check(TestChaChaPoly(), "ChaCha20-Poly1305 (RFC 8439)");
        Check(TestXChaChaPoly(), "XChaCha20-Poly1305");
        Check(TestBlake2b(), "BLAKE2b (RFC 7693)");
        Check(TestArgon2id(), "Argon2id (RFC 9106)");
        Check(TestSha256(), "SHA-256 (FIPS 180-4)");
        Check(TestHmac(), "HMAC-SHA256 (RFC 4231)");
        Check(TestSipHash(), "SipHash-2-4");
        Check(TestPublicKeys(), "X25519 by way of the Edwards curve (RFC 7748)");
        Check(TestMapping(), "Ed25519 to X25519 (RFC 7748, section 4.1)");
    }

    private static void Check(bool holds, string name)
    {
        if (!holds)
            throw new PlatformNotSupportedException(
                $"Self-test: {name} computes wrong results on this machine. Refusing to run.");
    }

    // RFC 8032, section 7.1, test 2.
    private static bool TestEd25519()
    {
        Span<byte> publicKey = stackalloc byte[32], secretKey = stackalloc byte[64], signature = stackalloc byte[64];
        Ed25519.KeyPairFromSeed(Hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
            publicKey, secretKey);
        Ed25519.Sign([0x72], secretKey, signature);
        return publicKey.SequenceEqual(Hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
            && signature.SequenceEqual(Hex(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"))
            && Ed25519.Verify([0x72], publicKey, signature)
            && !Ed25519.Verify([0x73], publicKey, signature);
    }

    // RFC 7748, section 5.2, first vector.
    private static bool TestX25519()
    {
        Span<byte> shared = stackalloc byte[32];
        return X25519.TryAgree(
                Hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                Hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"), shared)
            && shared.SequenceEqual(Hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
    }

    // RFC 8439, section 2.8.2: its tag.
    private static bool TestChaChaPoly()
    {
        Span<byte> key = stackalloc byte[ChaChaPoly.KeySize];
        for (int i = 0; i < key.Length; i++)
            key[i] = (byte)(0x80 + i);
        Span<byte> cipher = stackalloc byte[Sunscreen.Length + ChaChaPoly.TagSize];
        Span<byte> message = stackalloc byte[Sunscreen.Length];
        byte[] nonce = Hex("070000004041424344454647");
        byte[] associated = Hex("50515253c0c1c2c3c4c5c6c7");
        ChaChaPoly.Seal(key, nonce, associated, Sunscreen, cipher);
        return cipher[^16..].SequenceEqual(Hex("1ae10b594f09e26a7e902ecbd0600691"))
            && ChaChaPoly.TryOpen(key, nonce, associated, cipher, message)
            && message.SequenceEqual(Sunscreen);
    }

    // draft-irtf-cfrg-xchacha-03, appendix A.3.1: its tag.
    private static bool TestXChaChaPoly()
    {
        Span<byte> key = stackalloc byte[XChaChaPoly.KeySize], nonce = stackalloc byte[XChaChaPoly.NonceSize];
        for (int i = 0; i < key.Length; i++)
            key[i] = (byte)(0x80 + i);
        for (int i = 0; i < nonce.Length; i++)
            nonce[i] = (byte)(0x40 + i);
        Span<byte> cipher = stackalloc byte[Sunscreen.Length + XChaChaPoly.TagSize];
        Span<byte> message = stackalloc byte[Sunscreen.Length];
        byte[] associated = Hex("50515253c0c1c2c3c4c5c6c7");
        XChaChaPoly.Seal(key, nonce, associated, Sunscreen, cipher);
        return cipher[^16..].SequenceEqual(Hex("c0875924c1c7987947deafd8780acf49"))
            && XChaChaPoly.TryOpen(key, nonce, associated, cipher, message)
            && message.SequenceEqual(Sunscreen);
    }

    // Message of RFC 7693, appendix A, with a digest of 16 bytes.
    private static bool TestBlake2b()
    {
        Span<byte> whole = stackalloc byte[16], parts = stackalloc byte[16];
        Blake2b.Hash("abc"u8, whole);
        Blake2b.Hash("a"u8, "bc"u8, parts);
        return whole.SequenceEqual(Hex("cf4ab791c62b8d2b2109c90275287816")) && parts.SequenceEqual(whole);
    }

    // No vector of RFC 9106 fits (they have four lanes); this one is from OpenSSL's implementation.
    private static bool TestArgon2id()
    {
        Span<byte> key = stackalloc byte[32];
        Argon2id.Derive("password"u8, "somesaltsomesalt"u8, new Argon2Cost(MemoryKiB: 64, Passes: 2), key);
        return key.SequenceEqual(Hex("1a98fba8e6394425c9bdc333a9c750aaf811df070f5fb4a5788e1cf4db5793a1"));
    }

    // FIPS 180-4's message "abc".
    private static bool TestSha256() =>
        System.Security.Cryptography.SHA256.HashData("abc"u8).AsSpan().SequenceEqual(
            Hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));

    // RFC 4231, section 4.3: libsodium's, which Noise uses, and the framework's.
    private static bool TestHmac()
    {
        byte[] expected = Hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        ReadOnlySpan<byte> data = "what do ya want for nothing?"u8;
        Span<byte> mac = stackalloc byte[HmacSha256.MacSize];
        HmacSha256.Compute("Jefe"u8, data, mac);
        return mac.SequenceEqual(expected)
            && System.Security.Cryptography.HMACSHA256.HashData("Jefe"u8, data).AsSpan().SequenceEqual(expected);
    }

    // SipHash: a fast short-input PRF (Aumasson and Bernstein, 2012), appendix A.
    private static bool TestSipHash() =>
        SipHash24.Hash(Hex("000102030405060708090a0b0c0d0e0f"), Hex("000102030405060708090a0b0c0d0e"))
            == 0xa129ca6149be45e5;

    // RFC 7748, section 5.2, the iterated test's first round, and its second by X25519 itself. Two together, so that
    // the program's own arithmetic (Field25519) divides by a product.
    private static bool TestPublicKeys()
    {
        byte[] first = Hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
        byte[] scalars = [9, .. new byte[31], .. first];
        Span<byte> keys = stackalloc byte[2 * X25519.PublicKeySize], second = stackalloc byte[X25519.PublicKeySize];
        X25519.PublicKeys(scalars, keys);
        X25519.PublicKeyOnMontgomeryCurve(first, second);
        return keys[..X25519.PublicKeySize].SequenceEqual(first) && keys[X25519.PublicKeySize..].SequenceEqual(second);
    }

    // The key of RFC 8032, section 7.1, test 2, there and back, and the secret's way to the same place.
    private static bool TestMapping()
    {
        Span<byte> publicKey = stackalloc byte[32], secretKey = stackalloc byte[64], scalar = stackalloc byte[32];
        Span<byte> image = stackalloc byte[32], other = stackalloc byte[32];
        Ed25519.KeyPairFromSeed(Hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
            publicKey, secretKey);
        Ed25519.ConvertSecretKeyToX25519(secretKey, scalar);
        X25519.PublicKeyOnMontgomeryCurve(scalar, other);
        return Ed25519.TryConvertPublicKeyToX25519(publicKey, image)
            && image.SequenceEqual(Hex("25c704c594b88afc00a76b69d1ed2b984d7e22550f3ed0802d04fbcd07d38d47"))
            && other.SequenceEqual(image)
            && Curve25519Map.TryRecover(image, negative: false, other) && other.SequenceEqual(publicKey);
    }

    private static ReadOnlySpan<byte> Sunscreen =>
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."u8;

    private static byte[] Hex(string digits) => Convert.FromHexString(digits);
}
