using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 3.3:
//
//  number(2)

/// <summary>Asks for a <see cref="Pong"/>.</summary>
/// <param name="Number">Chosen by the sender; the answer repeats it.</param>
public readonly record struct Ping(ushort Number)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = sizeof(ushort);

    /// <summary>Reads a body; false if it has another size.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out Ping ping)
    {
        ping = body.Length == Size ? new Ping(BinaryPrimitives.ReadUInt16BigEndian(body)) : default;
        return body.Length == Size;
    }

    /// <summary>Writes 2 bytes.</summary>
    public void Write(Span<byte> body) => BinaryPrimitives.WriteUInt16BigEndian(body, Number);
}
