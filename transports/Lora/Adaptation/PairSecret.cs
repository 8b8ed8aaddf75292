using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>
/// What two stations have in common as long as they keep their identities: the pseudorandom key of HKDF-SHA256 (RFC
/// 5869, section 2.2) with their X25519 secret as input and the network key, or nothing, as salt. Everything else is
/// expanded from it (section 2.3). It is the same for every session, so it proves who speaks but not that he speaks
/// now.
/// </summary>
internal sealed class PairSecret : IDisposable
{
    /// <summary>Arbitrary: a forged greeting passes once in 2^32 tries, and costs an answer.</summary>
    internal const int GreetingMacSize = 4;

    private readonly SecretBuffer _key = new(SHA256.HashSizeInBytes);
    private readonly NodeAddress _self;
    private readonly NodeAddress _peer;

    private PairSecret(in NodeAddress self, in NodeAddress peer)
    {
        _self = self;
        _peer = peer;
    }

    /// <summary>Agrees with a station's key; null if that is none to agree with.</summary>
    /// <param name="self">This node.</param>
    /// <param name="peerKey">The station's Ed25519 key, 32 bytes.</param>
    /// <param name="networkKey">The community's key; empty for none.</param>
    internal static PairSecret? Agree(LocalIdentity self, ReadOnlySpan<byte> peerKey, ReadOnlySpan<byte> networkKey)
    {
        Span<byte> peerX = stackalloc byte[X25519.PublicKeySize];
        Span<byte> shared = stackalloc byte[X25519.SharedSecretSize];
        if (!Ed25519.TryConvertPublicKeyToX25519(peerKey, peerX) || !self.TryAgree(peerX, shared))
            return null;
        try
        {
            PairSecret secret = new(self.Address, NodeAddress.Of(peerKey));
            using SecretBuffer.Lease lease = secret._key.Borrow();
            HKDF.Extract(HashAlgorithmName.SHA256, shared, networkKey, lease.Span);
            return secret;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    /// <summary>Writes the MAC of a greeting that we send.</summary>
    /// <param name="frame">Everything before it.</param>
    /// <param name="mac">Receives 4 bytes.</param>
    internal void WriteGreetingMac(ReadOnlySpan<byte> frame, Span<byte> mac) => GreetingMac(_self, _peer, frame, mac);

    /// <summary>Whether the station made a greeting; it may have made it long ago.</summary>
    internal bool VerifyGreeting(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> mac)
    {
        Span<byte> right = stackalloc byte[GreetingMacSize];
        GreetingMac(_peer, _self, frame, right);
        return CryptographicOperations.FixedTimeEquals(right, mac);
    }

    /// <summary>The keys of a session: of both nonces, so that neither side's can be made to come again.</summary>
    /// <param name="ownNonce">Drawn here for the session at hand.</param>
    /// <param name="peerNonce">The station's.</param>
    /// <param name="greeted">We sent the greeting.</param>
    /// <param name="checkSize">Size of the checks of data frames, in bytes.</param>
    internal SessionKeys Derive(ulong ownNonce, ulong peerNonce, bool greeted, int checkSize)
    {
        using SecretBuffer.Lease lease = _key.Borrow();
        byte[] info = greeted
            ? Info("qpc-mesh/1 radio session"u8, _self, ownNonce, _peer, peerNonce)
            : Info("qpc-mesh/1 radio session"u8, _peer, peerNonce, _self, ownNonce);
        return new SessionKeys(lease.Span, info, greeted, checkSize);
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private void GreetingMac(in NodeAddress from, in NodeAddress to, ReadOnlySpan<byte> frame, Span<byte> mac)
    {
        Span<byte> key = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        using (SecretBuffer.Lease lease = _key.Borrow())
            HKDF.Expand(HashAlgorithmName.SHA256, lease.Span, key, Info("qpc-mesh/1 radio greeting"u8, from, 0, to, 0));
        HMACSHA256.HashData(key, frame, whole);
        whole[..GreetingMacSize].CopyTo(mac);
        CryptographicOperations.ZeroMemory(key);
    }

    private static byte[] Info(
        ReadOnlySpan<byte> label, in NodeAddress first, ulong firstNonce, in NodeAddress second, ulong secondNonce)
    {
        byte[] info = new byte[label.Length + (2 * (NodeAddress.Size + sizeof(ulong)))];
        label.CopyTo(info);
        Span<byte> rest = info.AsSpan(label.Length);
        first.Write(rest);
        BinaryPrimitives.WriteUInt64BigEndian(rest[NodeAddress.Size..], firstNonce);
        rest = rest[(NodeAddress.Size + sizeof(ulong))..];
        second.Write(rest);
        BinaryPrimitives.WriteUInt64BigEndian(rest[NodeAddress.Size..], secondNonce);
        return info;
    }
}
