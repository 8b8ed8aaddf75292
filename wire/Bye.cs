namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 3.3:
//
//  code(1)

/// <summary>
/// The last frame of a link: why it ends. A code of a later version is kept as a number without a name.
/// </summary>
/// <param name="Code">The reason.</param>
public readonly record struct Bye(LinkEndCode Code)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 1;

    /// <summary>Reads a body; false if it has another size.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out Bye bye)
    {
        bye = body.Length == Size ? new Bye((LinkEndCode)body[0]) : default;
        return body.Length == Size;
    }

    /// <summary>Writes 1 byte.</summary>
    public void Write(Span<byte> body) => body[0] = (byte)Code;
}
