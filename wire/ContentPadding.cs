using System.Numerics;

namespace QuicProChat.Mesh.Wire;

// docs/reference/protocol.md, section 4.1, body of a sealed payload of type 2 (ISO/IEC 7816-4):
//
//  content(1..) 80 00(0..)

/// <summary>
/// Hides about how long a content is from whoever sees its envelope: sizes are rounded up to one of few. Up to 512
/// bytes these are 32 apart, beyond that a sixteenth of the largest power of two that is not larger.
/// </summary>
public static class ContentPadding
{
    private const byte End = 0x80;
    private const int SmallStep = 32;
    private const int StepsInPowerOfTwo = 16;

    /// <summary>Bytes of a body with its padding.</summary>
    /// <param name="bodySize">Bytes of the body.</param>
    /// <param name="before">Bytes before it in the sealed content: sizes are rounded as a whole.</param>
    public static int SizeOf(int bodySize, int before)
    {
        int least = before + bodySize + 1;
        int step = Math.Max(SmallStep, (1 << BitOperations.Log2((uint)least)) / StepsInPowerOfTwo);
        return (least + step - 1) / step * step - before;
    }

    /// <summary>Ends a body, which stands at the front of its space already.</summary>
    public static void Write(Span<byte> space, int bodySize)
    {
        space[bodySize..].Clear();
        space[bodySize] = End;
    }

    /// <summary>Takes the padding off; false if there is none, or nothing before it.</summary>
    public static bool TryRemove(ReadOnlySpan<byte> padded, out ReadOnlySpan<byte> body)
    {
        int end = padded.LastIndexOfAnyExcept((byte)0);
        body = end > 0 && padded[end] == End ? padded[..end] : default;
        return !body.IsEmpty;
    }
}
