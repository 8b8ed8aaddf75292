using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>
/// What a server keeps between KE2 and KE3; good for one try. Its memory stays where it is and is zeroed, but it is not
/// locked: strangers begin as many logins as they like, and each piece of locked memory costs pages and one of the
/// system's mappings.
/// </summary>
public sealed class OpaqueServerLogin : IDisposable
{
    // clientMac(64) sessionKey(64)
    private readonly byte[] _memory =
        GC.AllocateUninitializedArray<byte>(OpaqueSizes.Mac + OpaqueSizes.SessionKey, pinned: true);
    private readonly bool _known;
    private bool _used;

    internal OpaqueServerLogin(ReadOnlySpan<byte> clientMac, ReadOnlySpan<byte> sessionKey, bool known)
    {
        clientMac.CopyTo(_memory);
        sessionKey.CopyTo(_memory.AsSpan(OpaqueSizes.Mac));
        _known = known;
    }

    /// <summary>Checks KE3 (ServerFinish).</summary>
    /// <param name="ke3">What the client sent.</param>
    /// <param name="sessionKey">Receives 64 bytes; the caller zeroes it.</param>
    /// <returns>True if the client knows the password. Always false for an unknown user, and at a second try.</returns>
    public bool TryFinish(ReadOnlySpan<byte> ke3, Span<byte> sessionKey)
    {
        Guard.Length(sessionKey, OpaqueSizes.SessionKey, nameof(sessionKey));
        bool proven = CryptographicOperations.FixedTimeEquals(_memory.AsSpan(0, OpaqueSizes.Mac),
            ke3) & _known & !_used;
        _used = true;
        if (proven)
            _memory.AsSpan(OpaqueSizes.Mac).CopyTo(sessionKey);
        return proven;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _used = true;
        CryptographicOperations.ZeroMemory(_memory);
    }
}
