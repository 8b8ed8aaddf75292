using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// docs/lora.md, section 2:
//
//  flags(1) bootId(8) publicKey(32) signature(64)        flags: 0000000 answer(1)

/// <summary>Who a station is; signed, so that nobody can put himself in another's place for more than a replay.</summary>
/// <param name="Answer">The sender has just started: whoever knows it should say who they are.</param>
/// <param name="BootId">Drawn at the sender's start.</param>
/// <param name="PublicKey">Ed25519 key, 32 bytes.</param>
internal sealed record RadioIdentity(bool Answer, ulong BootId, byte[] PublicKey)
{
    internal const int Size = 1 + BootIdSize + Ed25519.PublicKeySize + Ed25519.SignatureSize;

    private const int BootIdSize = sizeof(ulong);
    private const int SignedSize = Size - Ed25519.SignatureSize;

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 radio identity"u8;

    /// <summary>The address of the key.</summary>
    internal NodeAddress Address { get; } = NodeAddress.Of(PublicKey);

    /// <summary>Reads and verifies a body.</summary>
    internal static RadioIdentity? Verify(ReadOnlySpan<byte> body)
    {
        if (body.Length != Size || (body[0] & 0xFE) != 0)
            return null;
        ReadOnlySpan<byte> key = body.Slice(1 + BootIdSize, Ed25519.PublicKeySize);
        return Ed25519.Verify(Message(body), key, body[SignedSize..])
            ? new RadioIdentity(body[0] != 0, BinaryPrimitives.ReadUInt64BigEndian(body[1..]), key.ToArray())
            : null;
    }

    /// <summary>Makes a signed body.</summary>
    internal static byte[] Make(LocalIdentity self, ulong bootId, bool answer)
    {
        byte[] body = new byte[Size];
        body[0] = answer ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64BigEndian(body.AsSpan(1), bootId);
        self.PublicKey.Span.CopyTo(body.AsSpan(1 + BootIdSize));
        self.Sign(Message(body), body.AsSpan(SignedSize));
        return body;
    }

    private static byte[] Message(ReadOnlySpan<byte> body) => [.. Label, .. body[..SignedSize]];
}
