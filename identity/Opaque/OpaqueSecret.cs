using System.Security.Cryptography;

namespace QuicProChat.Mesh.Identity.Opaque;

/// <summary>A client's password and its blind in locked memory, for the time of one exchange.</summary>
internal sealed class OpaqueSecret : IDisposable
{
    private readonly SecretBuffer _memory; // blind(32) password

    internal OpaqueSecret(ReadOnlySpan<byte> password, RandomFill random, Span<byte> blinded)
    {
        if (password.Length > OpaqueSizes.MaxPassword)
            throw new ArgumentException($"A password may have {OpaqueSizes.MaxPassword} bytes.", nameof(password));
        _memory = new SecretBuffer(Ristretto255.ScalarSize + password.Length);
        using SecretBuffer.Lease lease = _memory.Borrow();
        password.CopyTo(lease.Span[Ristretto255.ScalarSize..]);
        do
        {
            Ristretto255.RandomScalar(random, lease.Span[..Ristretto255.ScalarSize]);
        }
        while (!Oprf.TryBlind(password, lease.Span[..Ristretto255.ScalarSize], blinded));
    }

    /// <summary>
    /// From the server's evaluation to randomized_password; false if it is no element that a server may send.
    /// </summary>
    internal bool TryRandomizedPassword(ReadOnlySpan<byte> evaluated, Argon2Cost? stretching, Span<byte> password)
    {
        Span<byte> output = stackalloc byte[Oprf.OutputSize];
        using SecretBuffer.Lease lease = _memory.Borrow();
        try
        {
            if (!Oprf.TryFinalize(
                lease.Span[Ristretto255.ScalarSize..], lease.Span[..Ristretto255.ScalarSize], evaluated, output))
                return false;
            OpaqueKdf.RandomizedPassword(output, stretching, password);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(output);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}
