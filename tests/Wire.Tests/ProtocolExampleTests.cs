using System.Text.RegularExpressions;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>
/// The hexadecimal examples of docs/reference/protocol.md and docs/reference/files.md are what the code writes.
/// </summary>
public sealed partial class ProtocolExampleTests
{
    private static readonly string[] Pages = ["protocol.md", "files.md"];

    private static readonly Dictionary<string, byte[]> Documented = ReadExamples();

    public static TheoryData<string> Names => [.. Expected.Keys];

    private static Dictionary<string, byte[]> Expected
    {
        get
        {
            var expected = Codec.All.ToDictionary(c => c.Name, c => c.Example);
            expected["Frame"] = Frame();
            expected["EnvelopeId"] = EnvelopeIdExample();
            expected["ReceiptEnvelope"] = ReceiptEnvelope();
            expected["CertificateNumber"] = CertificateNumberExample();
            return expected;
        }
    }

    [Fact]
    public void Every_wire_type_has_an_example_and_every_example_a_wire_type()
    {
        Assert.Equal(Expected.Keys.Order(), Documented.Keys.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_documented_example_is_what_the_code_writes(string name)
    {
        Assert.Equal(Convert.ToHexString(Expected[name]),
            Convert.ToHexString(Documented.GetValueOrDefault(name) ?? []));
    }

    [Fact]
    public void The_documented_envelope_has_the_documented_id()
    {
        Assert.True(Envelope.TryRead(Documented["Envelope"], out Envelope envelope));
        Assert.Equal(EnvelopeId.Read(Documented["EnvelopeId"]), envelope.ComputeId());
    }

    [Fact]
    public void The_documented_announce_verifies()
    {
        Assert.True(UnverifiedAnnounce.TryRead(Documented["Announce"], out UnverifiedAnnounce announce));
        Assert.True(announce.TryVerify(out _));
    }

    private static byte[] Frame()
    {
        byte[] body = Codec.Named("Ping").Example;
        return [0, (byte)(1 + body.Length), (byte)FrameKind.Ping, .. body];
    }

    private static byte[] EnvelopeIdExample()
    {
        Assert.True(Envelope.TryRead(Codec.Named("Envelope").Example, out Envelope envelope));
        byte[] id = new byte[EnvelopeId.Size];
        envelope.ComputeId().Write(id);
        return id;
    }

    private static byte[] CertificateNumberExample()
    {
        using LocalIdentity identity = LocalIdentity.FromSeed(Codec.Seed);
        byte[] proof = new byte[CertificateNumber.Size];
        CertificateNumber.Sign(identity, 1_700_000_000, [0, 1, 2, 3], proof);
        return proof;
    }

    private static byte[] ReceiptEnvelope() => Codec.WriteEnvelope(
        new EnvelopeHeader(EnvelopeKind.Receipt, Priority.Normal, WantsReceipt: false, Attempt: 0, HopsLeft: 16,
            LifetimeUnits: 8640, Codec.Destination),
        Codec.Named("Receipt").Example);

    private static Dictionary<string, byte[]> ReadExamples()
    {
        string text = string.Concat(
            Pages.Select(page => File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", page))));
        var examples = new Dictionary<string, byte[]>();
        foreach (Match block in HexBlock().Matches(text))
        {
            string hex = Comment().Replace(block.Groups["body"].Value, "");
            examples.Add(block.Groups["name"].Value, Convert.FromHexString(Space().Replace(hex, "")));
        }

        return examples;
    }

    [GeneratedRegex(@"^```hex (?<name>\w+)\n(?<body>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex HexBlock();

    [GeneratedRegex(";.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
