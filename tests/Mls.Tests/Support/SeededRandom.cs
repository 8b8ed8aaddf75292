using System.Buffers.Binary;
using System.Security.Cryptography;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>A reproducible source: SHA-256 of seed and counter.</summary>
internal sealed class SeededRandom(int seed)
{
    private ulong _counter;

    internal void Fill(Span<byte> destination)
    {
        Span<byte> input = stackalloc byte[12];
        Span<byte> block = stackalloc byte[32];
        BinaryPrimitives.WriteInt32BigEndian(input, seed);
        while (!destination.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64BigEndian(input[4..], _counter++);
            SHA256.HashData(input, block);
            int take = Math.Min(destination.Length, block.Length);
            block[..take].CopyTo(destination);
            destination = destination[take..];
        }
    }
}

/// <summary>Gives out prepared bytes, so that a published vector's ephemeral key comes out.</summary>
internal sealed class FixedRandom(byte[] bytes)
{
    internal void Fill(Span<byte> destination) => bytes.AsSpan(0, destination.Length).CopyTo(destination);
}
