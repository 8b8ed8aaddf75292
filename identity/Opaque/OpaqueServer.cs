using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>
/// The server's side of OPAQUE (RFC 9807): its OPRF seed and key pair in locked memory. All processes of one server
/// share both; whoever loses the seed loses every password. Safe for use by several threads at once.
/// </summary>
public sealed class OpaqueServer : IDisposable
{
    /// <summary>Size of what <see cref="OpaqueServer"/> is made from: oprfSeed(64) privateKey(32).</summary>
    public const int SecretSize = OpaqueSizes.OprfSeed + OpaqueSizes.SecretKey;

    private readonly OpaqueSettings _settings;
    private readonly RandomFill _random;
    private readonly SecretBuffer _secret = new(SecretSize);
    private readonly byte[] _publicKey = new byte[OpaqueSizes.PublicKey];
    private readonly byte[] _fakeRecord = new byte[OpaqueSizes.RegistrationRecord];

    /// <summary>Takes a server's secret.</summary>
    /// <param name="secret">As <see cref="MakeSecret"/> writes it; the caller zeroes it.</param>
    /// <param name="settings">The same as the clients'.</param>
    /// <param name="random">Source of nonces and key shares.</param>
    /// <exception cref="ArgumentException">The secret has another size, or its private key is zero.</exception>
    public OpaqueServer(ReadOnlySpan<byte> secret, OpaqueSettings settings, RandomFill random)
    {
        Guard.Length(secret, SecretSize, nameof(secret));
        _settings = settings;
        _random = random;
        using SecretBuffer.Lease lease = _secret.Borrow();
        secret.CopyTo(lease.Span);
        if (!Ristretto255.TryMultiplyBase(lease.Span[OpaqueSizes.OprfSeed..], _publicKey))
            throw new ArgumentException("The private key is zero.", nameof(secret));
        MakeFakeRecord(lease.Span[..OpaqueSizes.OprfSeed]);
    }

    /// <summary>The server's public key, 32 bytes.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>Draws a secret.</summary>
    /// <param name="random">The source.</param>
    /// <param name="secret">Receives <see cref="SecretSize"/> bytes; the caller zeroes it.</param>
    public static void MakeSecret(RandomFill random, Span<byte> secret)
    {
        Guard.Length(secret, SecretSize, nameof(secret));
        random(secret[..OpaqueSizes.OprfSeed]);
        Ristretto255.RandomScalar(random, secret[OpaqueSizes.OprfSeed..]);
    }

    /// <summary>Answers a registration request (CreateRegistrationResponse).</summary>
    /// <param name="request">What the client sent.</param>
    /// <param name="identifier">credential_identifier: one user's, and for ever.</param>
    /// <param name="response">Receives <see cref="OpaqueSizes.RegistrationResponse"/> bytes.</param>
    /// <returns>False if the request is none that a client may send.</returns>
    public bool TryRespond(ReadOnlySpan<byte> request, ReadOnlySpan<byte> identifier, Span<byte> response)
    {
        Guard.Length(response, OpaqueSizes.RegistrationResponse, nameof(response));
        _publicKey.CopyTo(response[Ristretto255.ElementSize..]);
        return request.Length == OpaqueSizes.RegistrationRequest
            && TryEvaluate(request, identifier, response[..Ristretto255.ElementSize]);
    }

    /// <summary>Tells whether bytes are a record that a registration may leave.</summary>
    public static bool IsRecord(ReadOnlySpan<byte> record) =>
        record.Length == OpaqueSizes.RegistrationRecord && Ristretto255.IsElement(record[..OpaqueSizes.PublicKey]);

    /// <summary>Answers KE1 (GenerateKE2).</summary>
    /// <param name="ke1">What the client sent.</param>
    /// <param name="identifier">As at the registration.</param>
    /// <param name="record">The user's record; empty for an unknown user, which costs the same and looks the
    /// same.</param>
    /// <param name="ke2">Receives <see cref="OpaqueSizes.Ke2"/> bytes.</param>
    /// <returns>What is needed for KE3; null if KE1 is none that a client may send. The caller disposes of
    /// it.</returns>
    public OpaqueServerLogin? Start(
        ReadOnlySpan<byte> ke1, ReadOnlySpan<byte> identifier, ReadOnlySpan<byte> record, Span<byte> ke2)
    {
        Guard.Length(ke2, OpaqueSizes.Ke2, nameof(ke2));
        if (ke1.Length != OpaqueSizes.Ke1 || (!record.IsEmpty && !IsRecord(record)))
            return null;
        bool known = !record.IsEmpty;
        return Start(ke1, identifier, known ? record : _fakeRecord, known, ke2);
    }

    /// <summary>The same with a given fake record, as the RFC's vectors have it.</summary>
    internal OpaqueServerLogin? Start(
        ReadOnlySpan<byte> ke1, ReadOnlySpan<byte> identifier, ReadOnlySpan<byte> record, bool known, Span<byte> ke2)
    {
        const int NonceOffset = Ristretto255.ElementSize, MaskedOffset = NonceOffset + OpaqueSizes.Nonce;
        Span<byte> credentials = stackalloc byte[OpaqueSizes.MaskedResponse];
        if (!TryEvaluate(ke1[..Ristretto255.ElementSize], identifier, ke2[..Ristretto255.ElementSize]))
            return null;
        _random(ke2.Slice(NonceOffset, OpaqueSizes.Nonce));
        _publicKey.CopyTo(credentials);
        record[^OpaqueSizes.Envelope..].CopyTo(credentials[OpaqueSizes.PublicKey..]);
        OpaqueMask.Apply(
            record.Slice(OpaqueSizes.PublicKey, OpaqueSizes.MaskingKey), ke2.Slice(NonceOffset, OpaqueSizes.Nonce),
            credentials,
            ke2.Slice(MaskedOffset, OpaqueSizes.MaskedResponse));
        return TryProve(ke1, record[..OpaqueSizes.PublicKey], known, ke2);
    }

    /// <inheritdoc/>
    public void Dispose() => _secret.Dispose();

    // AuthServerRespond (section 6.4.4).
    private OpaqueServerLogin? TryProve(
        ReadOnlySpan<byte> ke1, ReadOnlySpan<byte> clientPublicKey, bool known, Span<byte> ke2)
    {
        Span<byte> secrets = stackalloc byte[OpaqueSizes.Seed + OpaqueSizes.SecretKey + OpaqueHandshake.AgreementsSize];
        Span<byte> seed = secrets[..OpaqueSizes.Seed];
        Span<byte> keyshare = secrets.Slice(OpaqueSizes.Seed, OpaqueSizes.SecretKey);
        Span<byte> agreements = secrets[(OpaqueSizes.Seed + OpaqueSizes.SecretKey)..];
        Span<byte> memory = stackalloc byte[OpaqueHandshake.MemorySize];
        Span<byte> response = ke2[..^OpaqueSizes.Mac];
        ReadOnlySpan<byte> clientKeyshare = ke1[^OpaqueSizes.PublicKey..];
        using SecretBuffer.Lease own = _secret.Borrow();
        try
        {
            _random(response.Slice(OpaqueSizes.CredentialResponse, OpaqueSizes.Nonce));
            _random(seed);
            OpaqueKdf.DeriveKeyPair(seed, keyshare, response[^OpaqueSizes.PublicKey..]);
            if (!OpaqueHandshake.TryAgree(
                keyshare, clientKeyshare, own.Span[OpaqueSizes.OprfSeed..], clientKeyshare, keyshare, clientPublicKey,
                agreements))
                return null;
            OpaqueHandshake handshake = new(memory);
            handshake.Compute(_settings, agreements, clientPublicKey, _publicKey, ke1, response);
            handshake.ServerMac.CopyTo(ke2[^OpaqueSizes.Mac..]);
            return new OpaqueServerLogin(handshake.ClientMac, handshake.SessionKey, known);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
            CryptographicOperations.ZeroMemory(memory);
        }
    }

    // oprf_key = DeriveKeyPair(Expand(oprf_seed, credential_identifier || "OprfKey", Nok), "OPAQUE-DeriveKeyPair"),
    // section 5.2.2.
    private bool TryEvaluate(ReadOnlySpan<byte> blinded, ReadOnlySpan<byte> identifier, Span<byte> evaluated)
    {
        Span<byte> keys = stackalloc byte[OpaqueSizes.Seed + Ristretto255.ScalarSize];
        using SecretBuffer.Lease own = _secret.Borrow();
        try
        {
            OpaqueKdf.Expand(own.Span[..OpaqueSizes.OprfSeed], identifier, "OprfKey"u8, keys[..OpaqueSizes.Seed]);
            Oprf.DeriveKeyPair(keys[..OpaqueSizes.Seed], "OPAQUE-DeriveKeyPair"u8, keys[OpaqueSizes.Seed..], default);
            return Oprf.TryBlindEvaluate(keys[OpaqueSizes.Seed..], blinded, evaluated);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    // Section 6.3.2.2: one record of nobody's, made once; its envelope is zeros. It follows from the seed, so that all
    // processes have the same.
    private void MakeFakeRecord(ReadOnlySpan<byte> oprfSeed)
    {
        Span<byte> secrets = stackalloc byte[OpaqueSizes.Seed + OpaqueSizes.SecretKey];
        OpaqueKdf.Expand(oprfSeed, default, "qpc fake client key"u8, secrets[..OpaqueSizes.Seed]);
        OpaqueKdf.DeriveKeyPair(secrets[..OpaqueSizes.Seed], secrets[OpaqueSizes.Seed..],
            _fakeRecord.AsSpan(0, OpaqueSizes.PublicKey));
        OpaqueKdf.Expand(
            oprfSeed, default, "qpc fake masking key"u8,
            _fakeRecord.AsSpan(OpaqueSizes.PublicKey, OpaqueSizes.MaskingKey));
        CryptographicOperations.ZeroMemory(secrets);
    }
}
