using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Node.Repl;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Tests.Lite;

public class LitePartsTests
{
    [Fact]
    public void Sender_and_receiver_agree_on_a_proof_that_no_other_member_can_make()
    {
        using LocalIdentity alice = LocalIdentity.Generate();
        using LocalIdentity bob = LocalIdentity.Generate();
        using LocalIdentity carol = LocalIdentity.Generate();
        using var atAlice = new LiteReceipts(alice);
        using var atBob = new LiteReceipts(bob);
        using var atCarol = new LiteReceipts(carol);
        var id = new EnvelopeId(1, 2);
        byte[] expected = new byte[Receipt.ProofSize];
        byte[] proof = new byte[Receipt.ProofSize];
        Assert.True(atAlice.TryExpect(bob.PublicKey.Span, id, expected));
        Assert.True(atBob.TryProve(alice.PublicKey.Span, id, proof));
        Assert.True(Receipt.Matches(expected, proof));
        Assert.True(atCarol.TryProve(alice.PublicKey.Span, id, proof));
        Assert.False(Receipt.Matches(expected, proof));
        Assert.True(atBob.TryProve(alice.PublicKey.Span, new EnvelopeId(1, 3), proof));
        Assert.False(Receipt.Matches(expected, proof));
        // A receipt for a message the other way is another.
        Assert.True(atBob.TryExpect(alice.PublicKey.Span, id, proof));
        Assert.False(Receipt.Matches(expected, proof));
        Assert.False(atAlice.TryExpect(new byte[32], id, proof));
    }

    [Fact]
    public void The_documented_proof_is_what_the_code_computes()
    {
        byte[] shared = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        byte[] key = new byte[32];
        byte[] proof = new byte[Receipt.ProofSize];
        LiteReceipts.Derive(
            shared, NodeAddress.Read([.. Enumerable.Repeat((byte)0x11, 16)]),
            NodeAddress.Read([.. Enumerable.Repeat((byte)0x22, 16)]), key);
        Receipt.ComputeProof(key, EnvelopeId.Read(Convert.FromHexString("7cd7e07620910174e500119e44756a82")), proof);
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "reference", "protocol.md"));
        Assert.Contains(Convert.ToHexStringLower(proof), page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_receipt_of_the_test_vectors_is_what_both_sides_compute()
    {
        System.Text.Json.JsonElement vectors = Documents.Vectors("protocol.md");
        using LocalIdentity alice = LocalIdentity.FromSeed(vectors.GetProperty("people")[0].HexAt("seed"));
        using LocalIdentity bob = LocalIdentity.FromSeed(vectors.GetProperty("people")[1].HexAt("seed"));
        using LiteReceipts atAlice = new(alice), atBob = new(bob);
        EnvelopeId id = EnvelopeId.Read(vectors.HexAt("sealing.id"));
        byte[] proof = new byte[Receipt.ProofSize], expected = new byte[Receipt.ProofSize];
        Assert.True(atAlice.TryProve(bob.PublicKey.Span, id, proof));
        Assert.True(atBob.TryExpect(alice.PublicKey.Span, id, expected));
        Assert.Equal(vectors.HexAt("liteReceipt.proof"), proof);
        Assert.Equal(proof, expected);
    }

    [Theory]
    [InlineData("/lite list", "lite-list")]
    [InlineData("/lite show friends", "lite-show")]
    [InlineData("/lite create friends", "lite-create")]
    [InlineData("/lite invite friends", "lite-invite")]
    [InlineData("/lite join qpc-lite:x", "lite-join")]
    [InlineData("/lite join qpc-lite:x mine", "lite-join")]
    [InlineData("/lite rekey friends", "lite-rekey")]
    [InlineData("/lite rename friends mine", "lite-rename")]
    [InlineData("/lite leave friends", "lite-leave")]
    [InlineData("/lite send friends Hello all", "send")]
    public void The_console_knows_groups(string line, string command)
    {
        SlashLine parsed = SlashCommand.Parse(line, null);
        Assert.Equal((SlashAction.Request, command), (parsed.Action, parsed.Command!.Name));
    }

    [Fact]
    public void A_group_can_be_the_conversation()
    {
        SlashLine talk = SlashCommand.Parse("/lite talk friends", null);
        Assert.Equal(SlashAction.SetConversation, talk.Action);
        SlashLine text = SlashCommand.Parse("Hello all", talk.Text);
        Assert.Equal(new Api.SendRequest { Lite = true, To = "friends", Text = "Hello all" }, text.Request);
        Assert.Equal(
            new Api.MessagesRequest { With = "friends", Limit = 20 },
            SlashCommand.Parse("/history", talk.Text).Request);
        Assert.Equal(SlashAction.Wrong, SlashCommand.Parse("/lite show", null).Action);
        Assert.Equal(SlashAction.Wrong, SlashCommand.Parse("/lite", null).Action);
    }
}
