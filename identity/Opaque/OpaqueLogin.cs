using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>
/// The client's side of a login (RFC 9807, section 6): <see cref="Ke1"/> goes to the server, its KE2 to
/// <see cref="TryFinish"/>, and KE3 from there to the server. Holds the password until it is disposed.
/// </summary>
public sealed class OpaqueLogin : IDisposable
{
    private const int AuthRequest = OpaqueSizes.Nonce + OpaqueSizes.PublicKey;

    private readonly OpaqueSettings _settings;
    private readonly OpaqueSecret _secret;
    private readonly SecretBuffer _keyshare = new(OpaqueSizes.SecretKey);
    private readonly byte[] _ke1 = new byte[OpaqueSizes.Ke1];

    /// <summary>Begins (GenerateKE1).</summary>
    /// <param name="password">UTF-8, at most 65,535 bytes; the caller zeroes it.</param>
    /// <param name="settings">The same as the server's.</param>
    /// <param name="random">Source of the blind, the nonce and the key share.</param>
    public OpaqueLogin(ReadOnlySpan<byte> password, OpaqueSettings settings, RandomFill random)
    {
        _settings = settings;
        _secret = new OpaqueSecret(password, random, _ke1.AsSpan(0, Ristretto255.ElementSize));
        Span<byte> request = _ke1.AsSpan(Ristretto255.ElementSize, AuthRequest);
        Span<byte> seed = stackalloc byte[OpaqueSizes.Seed];
        random(request[..OpaqueSizes.Nonce]);
        random(seed);
        using SecretBuffer.Lease keyshare = _keyshare.Borrow();
        OpaqueKdf.DeriveKeyPair(seed, keyshare.Span, request[OpaqueSizes.Nonce..]);
        CryptographicOperations.ZeroMemory(seed);
    }

    /// <summary>KE1, 96 bytes.</summary>
    public ReadOnlyMemory<byte> Ke1 => _ke1;

    /// <summary>Finishes (GenerateKE3).</summary>
    /// <param name="ke2">What the server answered.</param>
    /// <param name="ke3">Receives KE3, 64 bytes.</param>
    /// <param name="sessionKey">Receives 64 bytes; the caller zeroes it.</param>
    /// <param name="exportKey">Receives 64 bytes, the same as at the registration; the caller zeroes it.</param>
    /// <returns>
    /// False if the password is wrong, the user unknown, or the server not the one of the registration; the RFC lets
    /// nobody tell which. Nothing may be used then.
    /// </returns>
    /// <exception cref="InsufficientMemoryException">Key stretching does not get its memory.</exception>
    public bool TryFinish(ReadOnlySpan<byte> ke2, Span<byte> ke3, Span<byte> sessionKey, Span<byte> exportKey)
    {
        Guard.Length(ke3, OpaqueSizes.Ke3, nameof(ke3));
        Guard.Length(sessionKey, OpaqueSizes.SessionKey, nameof(sessionKey));
        Guard.Length(exportKey, OpaqueSizes.ExportKey, nameof(exportKey));
        if (ke2.Length != OpaqueSizes.Ke2)
            return false;
        Span<byte> secrets = stackalloc byte[OpaqueSizes.Digest + OpaqueSizes.SecretKey + OpaqueSizes.MaskedResponse];
        Span<byte> password = secrets[..OpaqueSizes.Digest];
        Span<byte> secretKey = secrets.Slice(OpaqueSizes.Digest, OpaqueSizes.SecretKey);
        Span<byte> credentials = secrets[(OpaqueSizes.Digest + OpaqueSizes.SecretKey)..];
        Span<byte> publicKey = stackalloc byte[OpaqueSizes.PublicKey];
        bool proven = false;
        try
        {
            if (!_secret.TryRandomizedPassword(ke2[..Ristretto255.ElementSize], _settings.Stretching, password))
                return false;
            Unmask(password, ke2, credentials);
            ReadOnlySpan<byte> serverPublicKey = credentials[..OpaqueSizes.PublicKey];
            proven = OpaqueEnvelope.TryRecover(
                    password, serverPublicKey, credentials[OpaqueSizes.PublicKey..], _settings.Identities, secretKey,
                    publicKey, exportKey)
                && TryProve(ke2, secretKey, publicKey, serverPublicKey, ke3, sessionKey);
            return proven;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
            if (!proven)
            {
                CryptographicOperations.ZeroMemory(exportKey);
                CryptographicOperations.ZeroMemory(sessionKey);
                ke3.Clear();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _secret.Dispose();
        _keyshare.Dispose();
    }

    // RecoverCredentials (section 6.3.2.3): masked_response XOR Expand(masking_key, masking_nonce ||
    // "CredentialResponsePad").
    private static void Unmask(ReadOnlySpan<byte> password, ReadOnlySpan<byte> ke2, Span<byte> credentials)
    {
        Span<byte> key = stackalloc byte[OpaqueSizes.MaskingKey];
        OpaqueKdf.Expand(password, default, "MaskingKey"u8, key);
        OpaqueMask.Apply(
            key, ke2.Slice(Ristretto255.ElementSize, OpaqueSizes.Nonce),
            ke2.Slice(Ristretto255.ElementSize + OpaqueSizes.Nonce, OpaqueSizes.MaskedResponse), credentials);
        CryptographicOperations.ZeroMemory(key);
    }

    private bool TryProve(
        ReadOnlySpan<byte> ke2, ReadOnlySpan<byte> secretKey, ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> serverPublicKey, Span<byte> ke3, Span<byte> sessionKey)
    {
        Span<byte> agreements = stackalloc byte[OpaqueHandshake.AgreementsSize];
        Span<byte> memory = stackalloc byte[OpaqueHandshake.MemorySize];
        ReadOnlySpan<byte> response = ke2[..^OpaqueSizes.Mac];
        ReadOnlySpan<byte> serverKeyshare = response[^OpaqueSizes.PublicKey..];
        using SecretBuffer.Lease keyshare = _keyshare.Borrow();
        try
        {
            if (!OpaqueHandshake.TryAgree(
                keyshare.Span, serverKeyshare, keyshare.Span, serverPublicKey, secretKey, serverKeyshare, agreements))
                return false;
            OpaqueHandshake handshake = new(memory);
            handshake.Compute(_settings, agreements, publicKey, serverPublicKey, _ke1, response);
            if (!CryptographicOperations.FixedTimeEquals(handshake.ServerMac, ke2[^OpaqueSizes.Mac..]))
                return false;
            handshake.ClientMac.CopyTo(ke3);
            handshake.SessionKey.CopyTo(sessionKey);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(agreements);
            CryptographicOperations.ZeroMemory(memory);
        }
    }
}
