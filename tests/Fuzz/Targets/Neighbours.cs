using System.Buffers.Binary;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// An input of frames of three neighbours: again and again a byte (bits 0-1 which link, bit 2 it ends and another
/// comes, bits 3-7 how much time passes before), the length of a frame (2 bytes), the frame.
/// </summary>
internal static class Neighbours
{
    private const int HeadSize = 3, LinkMask = 3, EndFlag = 4, TimeShift = 3, MaxFrames = 200;

    /// <summary>What has the three links.</summary>
    internal interface IHost
    {
        /// <summary>Time passes.</summary>
        void Pass(TimeSpan time);

        /// <summary>A link ends, and another comes in its place.</summary>
        void Renew(int link);

        /// <summary>A frame comes.</summary>
        void Receive(int link, ReadOnlySpan<byte> frame);
    }

    /// <summary>One frame as it stands in an input.</summary>
    internal static byte[] Frame(byte head, FrameKind kind, byte[] body)
    {
        byte[] frame = new byte[HeadSize + 1 + body.Length];
        frame[0] = head;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)(1 + body.Length));
        frame[HeadSize] = (byte)kind;
        body.CopyTo(frame, HeadSize + 1);
        return frame;
    }

    /// <summary>Does what an input says.</summary>
    internal static void Play(ReadOnlySpan<byte> input, IHost host)
    {
        for (int i = 0; i < MaxFrames && input.Length >= HeadSize; i++)
        {
            int length = Math.Min(BinaryPrimitives.ReadUInt16BigEndian(input[1..]), input.Length - HeadSize);
            host.Pass(TimeSpan.FromMilliseconds(Math.Pow(2, input[0] >> TimeShift) - 1));
            int link = (input[0] & LinkMask) % 3;
            if ((input[0] & EndFlag) != 0)
                host.Renew(link);
            host.Receive(link, input.Slice(HeadSize, length));
            input = input[(HeadSize + length)..];
        }
    }
}
