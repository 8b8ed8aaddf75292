using QuicProChat.Mesh.Mls.Crypto;

namespace QuicProChat.Mesh.Mls.Schedule;

/// <summary>
/// One turn of the key schedule (RFC 9420, section 8):
/// init secret and commit secret give the joiner secret; with the PSK secret it gives the welcome and the epoch secret.
/// </summary>
internal static class KeySchedule
{
    internal static byte[] JoinerSecret(
        Suite suite, ReadOnlySpan<byte> initSecret, ReadOnlySpan<byte> commitSecret, ReadOnlySpan<byte> groupContext)
    {
        byte[] extracted = suite.Extract(initSecret, commitSecret);
        byte[] joiner = suite.ExpandWithLabel(extracted, "joiner"u8, groupContext, suite.HashSize);
        Secrets.Zero(extracted);
        return joiner;
    }

    /// <summary>
    /// The secret between joiner and epoch, from which the welcome secret derives too; the caller zeroes it.
    /// </summary>
    internal static byte[] MemberSecret(Suite suite, ReadOnlySpan<byte> joinerSecret, ReadOnlySpan<byte> pskSecret) =>
        suite.Extract(joinerSecret, pskSecret);

    internal static byte[] EpochSecret(Suite suite, ReadOnlySpan<byte> memberSecret, ReadOnlySpan<byte> groupContext) =>
        suite.ExpandWithLabel(memberSecret, "epoch"u8, groupContext, suite.HashSize);

    /// <summary>
    /// The key and nonce that protect the GroupInfo in a Welcome (section 12.4.3.1); the caller zeroes both.
    /// </summary>
    internal static (byte[] Key, byte[] Nonce) WelcomeKey(Suite suite, ReadOnlySpan<byte> memberSecret)
    {
        byte[] welcome = suite.DeriveSecret(memberSecret, "welcome"u8);
        byte[] key = suite.ExpandWithLabel(welcome, "key"u8, default, suite.KeySize);
        byte[] nonce = suite.ExpandWithLabel(welcome, "nonce"u8, default, AeadCipher.NonceSize);
        Secrets.Zero(welcome);
        return (key, nonce);
    }
}
