using System.Buffers.Binary;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

// docs/reference/lora.md, section 5:
//
//  nonce(8) mac(8)

/// <summary>
/// The second word of a session: its MAC under the session's key proves that the greeted one is there now.
/// </summary>
/// <param name="Nonce">Drawn by the sender for the session at hand.</param>
/// <param name="Mac">Covers header and nonce.</param>
internal readonly record struct RadioAnswer(ulong Nonce, ulong Mac)
{
    /// <summary>Size in bytes.</summary>
    internal const int Size = sizeof(ulong) + MacSize;

    internal const int MacSize = sizeof(ulong);

    /// <summary>Reads a body; false if it has another size.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> body, out RadioAnswer answer)
    {
        answer = default;
        if (body.Length != Size)
            return false;
        answer = new RadioAnswer(
            BinaryPrimitives.ReadUInt64BigEndian(body), BinaryPrimitives.ReadUInt64BigEndian(body[sizeof(ulong)..]));
        return true;
    }
}
