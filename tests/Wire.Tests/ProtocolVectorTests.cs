using System.Text.Json;

namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>
/// The test vectors of docs/reference/protocol.md, section 7, made by a script that shares nothing with the program.
/// </summary>
public sealed class ProtocolVectorTests
{
    private static readonly JsonElement Vectors = Documents.Vectors("protocol.md");

    [Fact]
    public void The_independent_script_still_prints_what_the_page_says() => Assert.Equal(
        Documents.VectorText("protocol.md").Trim(),
        IndependentScript.Output("tests/Wire.Tests/make_vectors.py").Trim());

    [Fact]
    public void The_sealed_envelope_has_the_id_and_the_receipt_of_the_page()
    {
        Assert.True(Envelope.TryRead(Vectors.HexAt("sealing.envelope"), out Envelope envelope));
        EnvelopeId id = envelope.ComputeId();
        Assert.Equal(EnvelopeId.Read(Vectors.HexAt("sealing.id")), id);
        byte[] proof = new byte[Receipt.ProofSize];
        Receipt.ComputeProof(Vectors.HexAt("sealing.receiptKey"), id, proof);
        Assert.Equal(Vectors.HexAt("sealing.receiptProof"), proof);
    }

    [Fact]
    public void The_sealed_content_is_that_of_section_4_1()
    {
        Assert.Equal(Codec.Named("SealedContent").Example, Vectors.HexAt("sealing.content"));
    }

    [Fact]
    public void The_announces_of_the_session_are_what_signing_gives()
    {
        foreach ((byte seed, string side) in new[] { ((byte)1, "dialer"), ((byte)2, "listener") })
        {
            byte[] announce = Codec.WriteUnnamedAnnounce([.. Enumerable.Repeat(seed, 32)]);
            string frame = Vectors.GetProperty("session").GetProperty(side)[2].GetString()!;
            Assert.Equal($"006920{Convert.ToHexStringLower(announce)}", frame);
        }
    }
}
