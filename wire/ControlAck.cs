using System.Buffers.Binary;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 5.5:
//
//  number(2)

/// <summary>Says that a route update was applied.</summary>
/// <param name="Number">The number of the <see cref="RouteUpdate"/>.</param>
public readonly record struct ControlAck(ushort Number)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = sizeof(ushort);

    /// <summary>Reads a body; false if it has another size.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out ControlAck ack)
    {
        ack = body.Length == Size ? new ControlAck(BinaryPrimitives.ReadUInt16BigEndian(body)) : default;
        return body.Length == Size;
    }

    /// <summary>Writes 2 bytes.</summary>
    public void Write(Span<byte> body) => BinaryPrimitives.WriteUInt16BigEndian(body, Number);
}
