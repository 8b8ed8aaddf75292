using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>What a group needs of the node it lives in: who it is, and where randomness and time come from.</summary>
public sealed class LiteSelf
{
    private readonly byte[] _publicKey;
    private readonly KeyAgreement _agree;
    private readonly RandomFill _random;
    private readonly TimeProvider _time;

    /// <summary>Groups of one node share one.</summary>
    /// <param name="publicKey">The node's Ed25519 public key, 32 bytes.</param>
    /// <param name="sign">Signs with it.</param>
    /// <param name="agree">X25519 of it with another member's key.</param>
    /// <param name="random">The system's generator, except in tests.</param>
    /// <param name="time">For what is limited in time: nothing that is sent depends on it.</param>
    public LiteSelf(
        ReadOnlySpan<byte> publicKey, MessageSigner sign, KeyAgreement agree, RandomFill random, TimeProvider time)
    {
        _publicKey = publicKey.ToArray();
        Address = NodeAddress.Of(publicKey);
        Sign = sign;
        _agree = agree;
        _random = random;
        _time = time;
    }

    /// <summary>As an identity has it.</summary>
    public LiteSelf(LocalIdentity identity, RandomFill random, TimeProvider time)
        : this(identity.PublicKey.Span, identity.Sign, identity.TryAgree, random, time)
    {
    }

    internal ReadOnlySpan<byte> PublicKey => _publicKey;

    internal NodeAddress Address { get; }

    internal MessageSigner Sign { get; }

    /// <summary>Running time: for comparing, no time of day.</summary>
    internal TimeSpan Now => _time.GetElapsedTime(0);

    /// <summary>
    /// The secret that this node shares with a member, by their identities; false if its key is no proper one.
    /// </summary>
    internal bool TryAgree(ReadOnlySpan<byte> memberKey, Span<byte> shared)
    {
        Span<byte> x25519 = stackalloc byte[X25519.PublicKeySize];
        return Ed25519.TryConvertPublicKeyToX25519(memberKey, x25519) && _agree(x25519, shared);
    }

    internal byte[] Random(int size)
    {
        byte[] bytes = new byte[size];
        _random(bytes);
        return bytes;
    }

    /// <summary>One of several, each as likely as the others.</summary>
    internal T Choose<T>(IReadOnlyList<T> among)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(among.Count, 1 + byte.MaxValue);
        Span<byte> drawn = stackalloc byte[1];
        int fair = 256 - (256 % among.Count);
        do
            _random(drawn);
        while (drawn[0] >= fair);
        int at = drawn[0] % among.Count;
        CryptographicOperations.ZeroMemory(drawn);
        return among[at];
    }
}
