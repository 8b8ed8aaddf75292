using System.Buffers.Binary;
using System.Security.Cryptography;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Rpc;

/// <summary>
/// Shows over one connection to one server that whoever calls holds a key, and means this call (ours): an Ed25519
/// signature over <c>"qpc-call1" || method(2) || serverKey(32) || nonce(32) || SHA-256(what)</c>. The server made the
/// nonce for the connection, so that a signature is of no use over another one, or at another server.
/// </summary>
/// <param name="serverKey">The server's Ed25519 key, 32 bytes, as Health gives it.</param>
/// <param name="nonce">The connection's nonce, as Health gives it.</param>
public sealed class CallProof(ReadOnlyMemory<byte> serverKey, ReadOnlyMemory<byte> nonce)
{
    /// <summary>Bytes of a nonce.</summary>
    public const int NonceSize = 32;

    private static ReadOnlySpan<byte> Label => "qpc-call1"u8;

    /// <summary>Signs a call.</summary>
    /// <param name="key">Who calls: the account's identity, or a device that says which one it is.</param>
    /// <param name="method">What is called.</param>
    /// <param name="what">What is asked, as <see cref="ProvenCall"/> has it.</param>
    public byte[] Sign(LocalIdentity key, RpcMethod method, ReadOnlySpan<byte> what)
    {
        byte[] signature = new byte[Ed25519.SignatureSize];
        key.Sign(Signed(method, what), signature);
        return signature;
    }

    /// <summary>Tells whether a signature holds.</summary>
    public bool Verify(
        ReadOnlySpan<byte> signature, ReadOnlySpan<byte> key, RpcMethod method, ReadOnlySpan<byte> what) =>
        Ed25519.Verify(Signed(method, what), key, signature);

    private byte[] Signed(RpcMethod method, ReadOnlySpan<byte> what)
    {
        byte[] number = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(number, (ushort)method);
        return [.. Label, .. number, .. serverKey.Span, .. nonce.Span, .. SHA256.HashData(what)];
    }
}
