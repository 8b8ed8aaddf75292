using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <summary>A key that requests are sealed to: the announce's g, with its number.</summary>
internal sealed class RequestKey
{
    /// <summary>Draws one.</summary>
    internal static RequestKey Draw(RandomFill random, ushort number, byte effort, long running)
    {
        byte[] secret = new byte[X25519.SecretKeySize];
        random(secret);
        return new RequestKey(number, effort, secret) { Since = running, Announced = running };
    }

    internal RequestKey(ushort number, byte effort, byte[] secret)
    {
        (Number, Effort, Secret) = (number, effort, secret);
        X25519.PublicKey(secret, Public);
    }

    /// <summary>Which it is.</summary>
    internal ushort Number { get; }

    /// <summary>The effort that was announced with it.</summary>
    internal byte Effort { get; }

    /// <summary>The secret, 32 bytes.</summary>
    internal byte[] Secret { get; }

    /// <summary>The public key, 32 bytes.</summary>
    internal byte[] Public { get; } = new byte[X25519.PublicKeySize];

    /// <summary>Since when it is used, in running seconds.</summary>
    internal long Since { get; init; }

    /// <summary>When it was announced last, in running seconds.</summary>
    internal long Announced { get; set; }

    internal bool TryAgree(ReadOnlySpan<byte> publicKey, Span<byte> shared) =>
        X25519.TryAgree(Secret, publicKey, shared);

    internal void Erase() => CryptographicOperations.ZeroMemory(Secret);
}
