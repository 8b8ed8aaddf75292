using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Vectors;

public class HpkeTests
{
    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Rfc9180Vectors.All.Length)];

    [Theory, MemberData(nameof(Indices))]
    public void DeriveKeyPair_gives_the_published_keys(int index)
    {
        (Rfc9180Vectors.Vector v, Suite suite) = Get(index);
        HpkeKeyPair pair = suite.Kem.DeriveKeyPair(Convert.FromHexString(v.IkmR));
        Assert.Equal(v.SkRm, Convert.ToHexStringLower(pair.PrivateKey));
        Assert.Equal(v.PkRm, Convert.ToHexStringLower(pair.PublicKey));
    }

    [Theory, MemberData(nameof(Indices))]
    public void Seal_gives_the_published_ciphertext_and_open_reverses_it(int index)
    {
        (Rfc9180Vectors.Vector v, Suite suite) = Get(index);
        byte[] info = Convert.FromHexString(v.Info);
        byte[] aad = Convert.FromHexString(v.Aad);
        Assert.True(suite.Hpke.TrySeal(
            Convert.FromHexString(v.PkRm), info, aad, Convert.FromHexString(v.Plaintext), Ephemeral(v),
            out HpkeCiphertext sealed1));
        Assert.Equal(v.Enc, Convert.ToHexStringLower(sealed1.KemOutput.Span));
        Assert.Equal(v.Ciphertext, Convert.ToHexStringLower(sealed1.Ciphertext.Span));

        byte[]? opened = suite.Hpke.Open(
            sealed1.KemOutput.Span, Convert.FromHexString(v.SkRm), Convert.FromHexString(v.PkRm), info, aad,
            sealed1.Ciphertext.Span);
        Assert.Equal(v.Plaintext, Convert.ToHexStringLower(opened!));
    }

    [Theory, MemberData(nameof(Indices))]
    public void Both_sides_export_the_published_values(int index)
    {
        (Rfc9180Vectors.Vector v, Suite suite) = Get(index);
        foreach ((string context, string value) in v.Exports)
        {
            byte[] sent = new byte[32];
            byte[] received = new byte[32];
            Assert.True(suite.Hpke.TryExportToSender(
                Convert.FromHexString(v.PkRm), Convert.FromHexString(v.Info), Convert.FromHexString(context), sent,
                Ephemeral(v), out byte[] kem));
            Assert.True(suite.Hpke.TryExportToReceiver(
                kem, Convert.FromHexString(v.SkRm), Convert.FromHexString(v.PkRm), Convert.FromHexString(v.Info),
                Convert.FromHexString(context), received));
            Assert.Equal(value, Convert.ToHexStringLower(sent));
            Assert.Equal(value, Convert.ToHexStringLower(received));
        }
    }

    [Theory, MemberData(nameof(Indices))]
    public void A_changed_ciphertext_does_not_open(int index)
    {
        (Rfc9180Vectors.Vector v, Suite suite) = Get(index);
        byte[] ciphertext = Convert.FromHexString(v.Ciphertext);
        for (int i = 0; i < ciphertext.Length; i++)
        {
            ciphertext[i] ^= 1;
            Assert.Null(suite.Hpke.Open(
                Convert.FromHexString(v.Enc), Convert.FromHexString(v.SkRm), Convert.FromHexString(v.PkRm),
                Convert.FromHexString(v.Info), Convert.FromHexString(v.Aad), ciphertext));
            ciphertext[i] ^= 1;
        }
    }

    [Theory]
    [InlineData(CipherSuite.P256Aes128GcmSha256P256)]
    [InlineData(CipherSuite.P384Aes256GcmSha384P384)]
    [InlineData(CipherSuite.P521Aes256GcmSha512P521)]
    public void A_point_off_the_curve_is_refused(CipherSuite id)
    {
        Suite suite = Suite.Require(id);
        byte[] point = suite.Kem.Generate(RandomSource.System).PublicKey;
        point[^1] ^= 1;
        Assert.False(suite.Kem.IsValidPublicKey(point));
        Assert.False(suite.Hpke.TrySeal(point, default, default, default, RandomSource.System, out _));
    }

    [Fact]
    public void An_X25519_key_of_small_order_is_refused()
    {
        Suite suite = Suite.Require(CipherSuite.X25519Aes128GcmSha256Ed25519);
        Assert.False(suite.Hpke.TrySeal(new byte[32], default, default, default, RandomSource.System, out _));
    }

    private static (Rfc9180Vectors.Vector Vector, Suite Suite) Get(int index) =>
        (Rfc9180Vectors.All[index], Suite.Require(Rfc9180Vectors.All[index].Suite));

    // A fresh X25519 key is the random bytes themselves; a fresh NIST key is derived from them.
    private static RandomFill Ephemeral(Rfc9180Vectors.Vector v) =>
        new FixedRandom(Convert.FromHexString((ushort)v.Suite is 1 or 3 ? v.SkEm : v.IkmE)).Fill;
}
