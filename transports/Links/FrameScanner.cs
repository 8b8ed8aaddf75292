using System.Buffers.Binary;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports;

/// <summary>What a look over received bytes found.</summary>
internal enum ScanResult
{
    /// <summary>Whole frames, or none yet.</summary>
    Frames,

    /// <summary>Whole frames, behind them a Bye.</summary>
    Bye,

    /// <summary>Something that no peer of ours sends.</summary>
    Violation,
}

/// <summary>Finds the whole frames in what a stream link received, before anybody looks inside them.</summary>
internal static class FrameScanner
{
    private const int HeaderSize = sizeof(ushort);

    /// <summary>Scans from the start of a frame.</summary>
    /// <param name="bytes">What was received.</param>
    /// <param name="whole">The bytes of whole frames for the router; a Bye is not among them.</param>
    /// <param name="needed">The bytes that the first incomplete frame takes, as far as known.</param>
    /// <param name="bye">The Bye's code.</param>
    internal static ScanResult Scan(ReadOnlySpan<byte> bytes, out int whole, out int needed, out LinkEndCode bye)
    {
        whole = 0;
        needed = HeaderSize;
        bye = default;
        while (bytes.Length - whole >= HeaderSize)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[whole..]);
            if (length == 0)
                return ScanResult.Violation;
            needed = HeaderSize + length;
            if (bytes.Length - whole < needed)
                break;
            ReadOnlySpan<byte> frame = bytes.Slice(whole + HeaderSize, length);
            switch ((FrameKind)frame[0])
            {
                case FrameKind.Bye:
                    if (!Bye.TryRead(frame[1..], out Bye last))
                        return ScanResult.Violation;
                    bye = last.Code;
                    return ScanResult.Bye;
                case FrameKind.Hello:
                    return ScanResult.Violation;
            }

            whole += needed;
            needed = HeaderSize;
        }

        return ScanResult.Frames;
    }
}
