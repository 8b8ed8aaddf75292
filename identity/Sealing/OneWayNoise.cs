using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// The one-way patterns N and X of the Noise Protocol Framework (revision 34, section 7.4) with 25519, ChaChaPoly and
/// SHA256:
/// <code>
///   &lt;- s                          the receiver's key is known
///   ...
///   N -> e, es                    e(32) encrypted payload(n + 16)
///   X -> e, es, s, ss             e(32) encrypted s(32 + 16) encrypted payload(n + 16)
/// </code>
/// Only the symmetric state (section 5.2): whoever uses it does the Diffie-Hellman steps and gives their results,
/// because in X the static-static one is the same for each pair of peers and is remembered.
/// </summary>
internal ref struct OneWayNoise
{
    /// <summary>Size of the state in bytes: h, ck and k.</summary>
    internal const int StateSize = 3 * KeySize;

    private const int KeySize = 32;

    // Up to here one call over a copy is cheaper than an incremental hash, and allocates nothing.
    private const int SmallData = 480;

    // h || ck || k, in the caller's memory, so that the caller can zero it in one place.
    private readonly Span<byte> _state;

    // Exactly 31 bytes each: padded with one zero to the length of a hash (section 5.2, InitializeSymmetric).
    internal static ReadOnlySpan<byte> NameOfX => "Noise_X_25519_ChaChaPoly_SHA256\0"u8;

    /// <summary>The same of the pattern in which the sender has no key of its own.</summary>
    internal static ReadOnlySpan<byte> NameOfN => "Noise_N_25519_ChaChaPoly_SHA256\0"u8;

    // Every key of this pattern encrypts once, so the counter is always 0 (section 5.1).
    private static ReadOnlySpan<byte> ZeroNonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Starts a handshake: prologue, then the pre-message.</summary>
    internal OneWayNoise(
        Span<byte> state, ReadOnlySpan<byte> protocolName, ReadOnlySpan<byte> prologue, ReadOnlySpan<byte> receiverKey)
    {
        Guard.Length(state, StateSize, nameof(state));
        _state = state;
        protocolName.CopyTo(Hash);
        protocolName.CopyTo(ChainingKey);
        MixHash(prologue);
        MixHash(receiverKey);
    }

    /// <summary>h: what both sides agree to have seen.</summary>
    internal readonly Span<byte> Hash => _state[..KeySize];

    private readonly Span<byte> ChainingKey => _state.Slice(KeySize, KeySize);

    private readonly Span<byte> Key => _state.Slice(2 * KeySize, KeySize);

    internal readonly void MixHash(ReadOnlySpan<byte> data)
    {
        if (data.Length <= SmallData)
        {
            Span<byte> joined = stackalloc byte[KeySize + SmallData];
            Hash.CopyTo(joined);
            data.CopyTo(joined[KeySize..]);
            SHA256.HashData(joined[..(KeySize + data.Length)], Hash);
            return;
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Hash);
        hash.AppendData(data);
        hash.GetHashAndReset(Hash);
    }

    internal readonly void MixKey(ReadOnlySpan<byte> shared) => Hkdf(ChainingKey, shared, ChainingKey, Key);

    internal readonly void EncryptAndHash(ReadOnlySpan<byte> message, Span<byte> cipher)
    {
        ChaChaPoly.Seal(Key, ZeroNonce, Hash, message, cipher);
        MixHash(cipher);
    }

    internal readonly bool TryDecryptAndHash(ReadOnlySpan<byte> cipher, Span<byte> message)
    {
        if (!ChaChaPoly.TryOpen(Key, ZeroNonce, Hash, cipher, message))
            return false;
        MixHash(cipher);
        return true;
    }

    /// <summary>The two transport keys (section 5.2, Split).</summary>
    internal readonly void Split(Span<byte> first, Span<byte> second) => Hkdf(ChainingKey, default, first, second);

    /// <summary>Section 4.3, HKDF with two outputs; an output may be the chaining key itself.</summary>
    private static void Hkdf(
        ReadOnlySpan<byte> chainingKey, ReadOnlySpan<byte> input, Span<byte> first, Span<byte> second)
    {
        Span<byte> temporary = stackalloc byte[KeySize];
        Span<byte> block = stackalloc byte[KeySize + 1];
        HmacSha256.Compute(chainingKey, input, temporary);
        block[KeySize] = 1;
        HmacSha256.Compute(temporary, block[KeySize..], first);
        first.CopyTo(block);
        block[KeySize] = 2;
        HmacSha256.Compute(temporary, block, second);
        CryptographicOperations.ZeroMemory(temporary);
        CryptographicOperations.ZeroMemory(block);
    }
}
