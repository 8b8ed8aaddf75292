using QuicProChat.Mesh.Wire.Tests;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>Frames and what is inside: the first byte chooses the type, the rest is its encoding.</summary>
internal static class WireTarget
{
    internal static readonly FuzzTarget Target = new("wire", "frames, envelopes, sealed contents", Seeds, Run);

    private static IEnumerable<byte[]> Seeds()
    {
        for (int i = 0; i < Codec.All.Length; i++)
            yield return [(byte)i, .. Codec.All[i].Example];
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        Codec codec = Codec.All[input[0] % Codec.All.Length];
        ReadOnlySpan<byte> bytes = input[1..];
        byte[]? written = codec.Recode(bytes);
        Assert.Equal(written is not null, codec.Decode(bytes));
        if (written is not null)
            Assert.Equal(written, codec.Recode(written));
    }
}
