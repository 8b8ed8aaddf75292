namespace QuicProChat.Mesh.Messaging.Groups.Wire;

//  19 | number 8 | frame of a group          whatever the two members of a pair tell each other
//
/// <summary>
/// A frame of a pair. The number says which founding it belongs to: all of them have the same group id, and whoever
/// lost one has to notice.
/// </summary>
internal static class PairFrame
{
    /// <summary>The first byte.</summary>
    internal const byte Mark = 19;

    /// <summary>Bytes before the frame inside.</summary>
    internal const int HeadSize = 1 + sizeof(ulong);

    internal static byte[] Write(ulong number, ReadOnlySpan<byte> frame)
    {
        var writer = new FrameWriter();
        writer.Byte(Mark);
        writer.UInt64(number);
        writer.Raw(frame);
        return writer.ToArray();
    }

    /// <summary>Reads one; false if it is none, or holds nothing that could be a frame of a group.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, out ulong number, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        number = 0;
        var reader = new FrameReader(bytes);
        return reader.TryByte(out byte mark) && mark == Mark
            && reader.TryUInt64(out number) && number is > 0 and <= PairExtension.MaxNumber
            && reader.Left is >= GroupFrame.HeadSize and <= GroupFrame.MaxSize
            && reader.TryTake(reader.Left, out frame);
    }
}
