namespace QuicProChat.Mesh.Identity;

/// <summary>
/// The immutable fields of the envelope that a sealed payload travels in; they are bound into it
/// (docs/reference/protocol.md, section 4.1):
/// <code>
/// prologue = "qpc-mesh/1 sealed" || vk(1) || (flags AND 0F)(1) || destination(16)
/// </code>
/// </summary>
/// <param name="VersionAndKind">First byte of the envelope.</param>
/// <param name="Flags">Second byte of the envelope; its mutable bits are ignored.</param>
/// <param name="Destination">The envelope's destination.</param>
public readonly record struct SealContext(byte VersionAndKind, byte Flags, NodeAddress Destination)
{
    internal const int PrologueSize = 17 + 1 + 1 + NodeAddress.Size;

    private const byte ImmutableFlags = 0x0F;

    private static ReadOnlySpan<byte> Label => "qpc-mesh/1 sealed"u8;

    /// <summary>
    /// Takes the fields from the first bytes of an envelope (at least 21: <c>vk flags hops lifetime(2)
    /// destination(16)</c>).
    /// </summary>
    public static SealContext Of(ReadOnlySpan<byte> envelope) =>
        new(envelope[0], envelope[1], NodeAddress.Read(envelope[5..]));

    internal void WritePrologue(Span<byte> prologue)
    {
        Label.CopyTo(prologue);
        prologue[Label.Length] = VersionAndKind;
        prologue[Label.Length + 1] = (byte)(Flags & ImmutableFlags);
        Destination.Write(prologue[(Label.Length + 2)..]);
    }
}
