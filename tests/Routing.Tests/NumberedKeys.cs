using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Routing.Tests;

/// <summary>The keys of a node of tests: always the same for its number.</summary>
internal sealed class NumberedKeys
{
    private readonly byte[] _secret = new byte[Ed25519.SecretKeySize];

    public NumberedKeys(int number)
    {
        Span<byte> seed = stackalloc byte[Ed25519.SeedSize];
        new Random(number + 1).NextBytes(seed);
        Ed25519.KeyPairFromSeed(seed, Public, _secret);
        Address = NodeAddress.Of(Public);
    }

    public byte[] Public { get; } = new byte[Ed25519.PublicKeySize];

    public NodeAddress Address { get; }

    public void Sign(ReadOnlySpan<byte> message, Span<byte> signature) => Ed25519.Sign(message, _secret, signature);
}
