using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Simulation;

/// <summary>A node's keys, made from the run's seed and the node's number.</summary>
public sealed class NodeIdentity
{
    private readonly byte[] _secretKey = new byte[Ed25519.SecretKeySize];

    /// <summary>Makes the keys.</summary>
    public NodeIdentity(int seed, int node)
    {
        Span<byte> origin = stackalloc byte[2 * sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(origin, seed);
        BinaryPrimitives.WriteInt32BigEndian(origin[sizeof(int)..], node);
        Span<byte> keySeed = stackalloc byte[Ed25519.SeedSize];
        SHA256.HashData(origin, keySeed);
        Ed25519.KeyPairFromSeed(keySeed, PublicKey, _secretKey);
        Address = NodeAddress.Of(PublicKey);
    }

    /// <summary>The public key.</summary>
    public byte[] PublicKey { get; } = new byte[Ed25519.PublicKeySize];

    /// <summary>The address.</summary>
    public NodeAddress Address { get; }

    /// <summary>Signs.</summary>
    public void Sign(ReadOnlySpan<byte> message, Span<byte> signature) => Ed25519.Sign(message, _secretKey, signature);
}
