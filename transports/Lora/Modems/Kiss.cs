using System.Buffers;

namespace QuicProChat.Mesh.Transports.Lora.Modems;

/// <summary>KISS framing as LoRa modems use it: <c>C0 command argument... C0</c>, the argument escaped.</summary>
internal static class Kiss
{
    internal const byte FrameEnd = 0xC0, Escape = 0xDB, EscapedFrameEnd = 0xDC, EscapedEscape = 0xDD;

    /// <summary>Writes one frame with both delimiters.</summary>
    internal static void Write(ArrayBufferWriter<byte> to, byte command, ReadOnlySpan<byte> argument)
    {
        Put(to, FrameEnd);
        Put(to, command);
        foreach (byte b in argument)
        {
            if (b is FrameEnd or Escape)
                Put(to, Escape);
            Put(to, b switch { FrameEnd => EscapedFrameEnd, Escape => EscapedEscape, _ => b });
        }
        Put(to, FrameEnd);
    }

    private static void Put(ArrayBufferWriter<byte> to, byte b)
    {
        to.GetSpan(1)[0] = b;
        to.Advance(1);
    }
}
