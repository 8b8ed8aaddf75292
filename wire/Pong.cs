using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 3.3:
//
//  number(2)

/// <summary>Answers a <see cref="Ping"/>.</summary>
/// <param name="Number">The number of the Ping that it answers.</param>
public readonly record struct Pong(ushort Number)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = sizeof(ushort);

    /// <summary>Reads a body; false if it has another size.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out Pong pong)
    {
        pong = body.Length == Size ? new Pong(BinaryPrimitives.ReadUInt16BigEndian(body)) : default;
        return body.Length == Size;
    }

    /// <summary>Writes 2 bytes.</summary>
    public void Write(Span<byte> body) => BinaryPrimitives.WriteUInt16BigEndian(body, Number);
}
