using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls.Schedule;

/// <summary>psk_secret (RFC 9420, section 8.4): all pre-shared keys of a commit, chained in their order.</summary>
internal static class PskSecret
{
    /// <summary>The most pre-shared keys in one commit: their index is 16 bits wide.</summary>
    internal const int MaxCount = ushort.MaxValue;

    /// <summary>Computes the secret; the caller zeroes it, and the keys.</summary>
    internal static byte[] Compute(Suite suite, IReadOnlyList<(PreSharedKeyId Id, byte[] Psk)> psks)
    {
        byte[] secret = new byte[suite.HashSize];
        for (int i = 0; i < psks.Count; i++)
        {
            // struct { PreSharedKeyID id; uint16 index; uint16 count; } PSKLabel;
            using MlsWriter label = new();
            psks[i].Id.Write(label);
            label.UInt16((ushort)i);
            label.UInt16((ushort)psks.Count);
            byte[] extracted = suite.Extract(suite.Zeros, psks[i].Psk);
            byte[] input = suite.ExpandWithLabel(extracted, "derived psk"u8, label.Written, suite.HashSize);
            byte[] next = suite.Extract(input, secret);
            Secrets.Zero(extracted);
            Secrets.Zero(input);
            Secrets.Zero(secret);
            secret = next;
        }
        return secret;
    }
}
