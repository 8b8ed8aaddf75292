using System.Runtime.InteropServices;
using QuicProChat.Mesh.Identity.Interop;

namespace QuicProChat.Mesh.Identity;

/// <summary>
/// Memory for secrets: between guard pages, locked against swapping where the system allows it, outside the
/// collector's reach (never copied), zeroed when freed.
/// </summary>
public sealed class SecretBuffer : SafeHandle
{
    static SecretBuffer() => Sodium.EnsureInitialized();

    /// <summary>Takes zeroed memory.</summary>
    /// <param name="length">Bytes, at least 1.</param>
    /// <exception cref="InsufficientMemoryException">The system gives none.</exception>
    public SecretBuffer(int length)
        : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        nint memory = Sodium.sodium_malloc((nuint)length);
        if (memory == 0)
            throw new InsufficientMemoryException("No memory for secrets.");
        SetHandle(memory);
        Length = length;
        using Lease lease = Borrow();
        lease.Span.Clear();
    }

    /// <summary>Size in bytes.</summary>
    public int Length { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Lends the memory; it is not freed before the lease is disposed, even if the buffer is.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public Lease Borrow()
    {
        bool added = false;
        DangerousAddRef(ref added);
        return new Lease(this);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Sodium.sodium_free(handle);
        return true;
    }

    /// <summary>The right to use the memory of a <see cref="SecretBuffer"/>.</summary>
    public readonly unsafe ref struct Lease
    {
        private readonly SecretBuffer _owner;

        internal Lease(SecretBuffer owner) => _owner = owner;

        /// <summary>The bytes; valid until the lease is disposed.</summary>
        public Span<byte> Span => new((void*)_owner.handle, _owner.Length);

        /// <summary>Gives the right back.</summary>
        public void Dispose() => _owner.DangerousRelease();
    }
}
