using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Crypto;

/// <summary>Handling of secret byte arrays.</summary>
internal static class Secrets
{
    internal static void Zero(byte[]? secret)
    {
        if (secret is not null)
            CryptographicOperations.ZeroMemory(secret);
    }

    internal static bool Same(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) =>
        CryptographicOperations.FixedTimeEquals(a, b);
}
