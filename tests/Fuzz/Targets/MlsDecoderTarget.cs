using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>The decoders of MLS: the first byte chooses one.</summary>
internal static class MlsDecoderTarget
{
    internal static readonly FuzzTarget Target = new("mls-decoders", "messages, trees, proposals of MLS", Seeds, Run);

    private static IEnumerable<byte[]> Seeds() =>
        from item in MlsInputs.OfMlspp("messages").Take(3)
        from decoder in MlsDecoder.For(item)
        select (byte[])[(byte)Array.IndexOf(MlsDecoder.All, decoder), .. decoder.Sample(item)];

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (!input.IsEmpty)
            _ = MlsDecoder.All[input[0] % MlsDecoder.All.Length].Decode(input[1..].ToArray());
    }
}
