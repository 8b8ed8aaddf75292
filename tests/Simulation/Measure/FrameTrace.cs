using System.Buffers.Binary;
using System.Globalization;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Simulation;

/// <summary>
/// One number for all that nodes said to each other: who, to whom, when and every byte. Two versions of the router that
/// give the same number for the same seed did the same, frame for frame. Not cryptographic.
/// </summary>
public sealed class FrameTrace
{
    private const ulong Prime = 0x9E3779B97F4A7C15;
    private ulong _hash = Prime;

    /// <summary>Frames so far.</summary>
    public long Frames { get; private set; }

    /// <summary>Takes in a frame that arrives.</summary>
    public void Add(Instant at, int from, int to, ReadOnlySpan<byte> frame)
    {
        Frames++;
        Mix((ulong)at.Ticks);
        Mix((ulong)(uint)from << 32 | (uint)to);
        Mix((ulong)frame.Length);
        for (; frame.Length >= sizeof(ulong); frame = frame[sizeof(ulong)..])
            Mix(BinaryPrimitives.ReadUInt64LittleEndian(frame));
        foreach (byte rest in frame)
            Mix(rest);
    }

    /// <summary>The number in hexadecimal, and how many frames it stands for.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_hash:x16} of {Frames} frames");

    private void Mix(ulong value) => _hash = ulong.RotateLeft((_hash ^ value) * Prime, 29);
}
