using System.Buffers.Binary;

namespace QuicProChat.Mesh.Messaging.Content;

// B3 number(8)         local

/// <summary>A conversation has new keys.</summary>
/// <param name="Number">The number of its epoch.</param>
public sealed record EpochNotice(ulong Number) : MessageContent
{
    /// <inheritdoc/>
    public override MessageContentType Type => MessageContentType.Epoch;

    /// <inheritdoc/>
    protected override int BodySize => sizeof(ulong);

    internal static EpochNotice? Read(ReadOnlySpan<byte> body) =>
        body.Length == sizeof(ulong) ? new EpochNotice(BinaryPrimitives.ReadUInt64BigEndian(body)) : null;

    /// <inheritdoc/>
    protected override int WriteBody(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, Number);
        return sizeof(ulong);
    }
}
