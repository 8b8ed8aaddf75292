using QuicProChat.Mesh.Mls.Messages;

namespace QuicProChat.Mesh.Mls;

/// <summary>How much padding private messages get (RFC 9420, sections 6.3.1 and 15.1).</summary>
/// <param name="BlockSize">
/// Plaintexts are padded with zeros to a multiple of so many bytes; 0 for no padding, which is the default because on
/// slow links every byte is airtime.
/// </param>
/// <param name="PadHandshakes">Whether proposals and commits are padded too.</param>
public readonly record struct PaddingPolicy(int BlockSize, bool PadHandshakes = false)
{
    /// <summary>No padding.</summary>
    public static PaddingPolicy None => default;

    internal int PaddingFor(ContentType type, int length) =>
        BlockSize <= 1 || (type != ContentType.Application && !PadHandshakes)
            ? 0
            : (BlockSize - length % BlockSize) % BlockSize;
}
