using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>
/// The client's side of a registration (RFC 9807, section 5): <see cref="Request"/> goes to the server, its answer to
/// <see cref="TryFinish"/>, and the record from there to the server. Holds the password until it is disposed.
/// </summary>
public sealed class OpaqueRegistration : IDisposable
{
    private readonly OpaqueSettings _settings;
    private readonly RandomFill _random;
    private readonly OpaqueSecret _secret;
    private readonly byte[] _request = new byte[OpaqueSizes.RegistrationRequest];

    /// <summary>Begins (CreateRegistrationRequest).</summary>
    /// <param name="password">UTF-8, at most 65,535 bytes; the caller zeroes it.</param>
    /// <param name="settings">The same as the server's.</param>
    /// <param name="random">Source of the blind and the envelope's nonce.</param>
    public OpaqueRegistration(ReadOnlySpan<byte> password, OpaqueSettings settings, RandomFill random)
    {
        _settings = settings;
        _random = random;
        _secret = new OpaqueSecret(password, random, _request);
    }

    /// <summary>registration_request, 32 bytes.</summary>
    public ReadOnlyMemory<byte> Request => _request;

    /// <summary>Finishes (FinalizeRegistrationRequest).</summary>
    /// <param name="response">What the server answered.</param>
    /// <param name="record">Receives the record for the server, <see cref="OpaqueSizes.RegistrationRecord"/>
    /// bytes.</param>
    /// <param name="exportKey">Receives <see cref="OpaqueSizes.ExportKey"/> bytes; the caller zeroes it.</param>
    /// <returns>False if the answer is none that a server may give.</returns>
    /// <exception cref="InsufficientMemoryException">Key stretching does not get its memory.</exception>
    public bool TryFinish(ReadOnlySpan<byte> response, Span<byte> record, Span<byte> exportKey)
    {
        Guard.Length(record, OpaqueSizes.RegistrationRecord, nameof(record));
        Guard.Length(exportKey, OpaqueSizes.ExportKey, nameof(exportKey));
        if (response.Length != OpaqueSizes.RegistrationResponse)
            return false;
        ReadOnlySpan<byte> serverPublicKey = response[Ristretto255.ElementSize..];
        if (!Ristretto255.IsElement(serverPublicKey))
            return false;
        Span<byte> password = stackalloc byte[OpaqueSizes.Digest];
        Span<byte> nonce = stackalloc byte[OpaqueSizes.Nonce];
        try
        {
            if (!_secret.TryRandomizedPassword(response[..Ristretto255.ElementSize], _settings.Stretching, password))
                return false;
            _random(nonce);
            OpaqueEnvelope.Store(password, nonce, serverPublicKey, _settings.Identities, record, exportKey);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(password);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _secret.Dispose();
}
