using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Lite;
using QuicProChat.Mesh.Node.Repl;
using QuicProChat.Mesh.Routing;
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
            shared, NodeAddress.Read([.. Enumerable.Repeat((byte)0x11, 16)]), NodeAddress.Read([.. Enumerable.Repeat((byte)0x22, 16)]), key);
        Receipt.ComputeProof(key, EnvelopeId.Read(Convert.FromHexString("7cd7e07620910174e500119e44756a82")), proof);
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "protocol.md"));
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

    [Fact]
    public void A_full_room_makes_place_for_the_newest_and_leaves_other_rooms_alone()
    {
        var room = new WaitingRoom();
        Instant now = default;
        Assert.True(room.TryAdd(now, Waiting(1000, Group(1)), out _));
        for (int i = 0; i < WaitingRoom.MaxEnvelopes; i++)
        {
            Assert.True(room.TryAdd(now, Waiting(i, null), out IReadOnlyList<WaitingEnvelope> none));
            Assert.Empty(none);
        }

        Assert.False(room.TryAdd(now, Waiting(5, null), out _));
        Assert.True(room.TryAdd(now, Waiting(500, null), out IReadOnlyList<WaitingEnvelope> gone));
        Assert.Equal(new EnvelopeId(0, 0), Assert.Single(gone).Id);
        Assert.True(room.TryAdd(now, Waiting(501, null, WaitingRoom.MaxBytes), out gone));
        Assert.Equal(WaitingRoom.MaxEnvelopes, gone.Count);
        Assert.False(room.TryAdd(now, Waiting(502, null, WaitingRoom.MaxBytes + 1), out _));
        Assert.Equal(2, room.For(Group(1)).Count);
        Assert.Single(room.For(Group(2)));
        Assert.Empty(room.TakeOverdue(now + WaitingRoom.Patience - TimeSpan.FromSeconds(1)));
        Assert.Equal(2, room.TakeOverdue(now + WaitingRoom.Patience).Count);
        Assert.Equal(0, room.Count);
    }

    [Fact]
    public void A_neighbour_that_brings_forgeries_uses_up_its_own_share_and_not_the_others()
    {
        var work = new LiteWork();
        Instant now = default;
        static NodeAddress Neighbour(ulong n) => new(n, 1);
        for (ulong n = 0; n < 300; n++)
        {
            for (int i = 0; i < 1000 && work.Allows(now, Neighbour(n), 32); i++)
                work.Charge(now, Neighbour(n), 32);
        }

        Assert.Equal(LiteWork.MaxNeighbours, work.Neighbours);
        Assert.False(work.Allows(now, Neighbour(0), LiteWork.Always + 1));
        Assert.True(work.Allows(now, Neighbour(0), LiteWork.Always));

        // In another run there is room: three neighbours use up what there is for all, a fourth is heard.
        work = new LiteWork();
        for (ulong n = 0; n < 8; n++)
        {
            for (int i = 0; i < 1000 && work.Allows(now, Neighbour(n), 32); i++)
                work.Charge(now, Neighbour(n), 32);
        }

        Assert.False(work.Allows(now, Neighbour(0), 32));
        Assert.True(work.Allows(now, Neighbour(99), 32));
        Assert.True(work.Allows(now + TimeSpan.FromSeconds(5), Neighbour(0), 32));
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
        Assert.Equal((SlashAction.Request, command), (parsed.Action, parsed.Request!.Command));
    }

    [Fact]
    public void A_group_can_be_the_conversation()
    {
        SlashLine talk = SlashCommand.Parse("/lite talk friends", null);
        Assert.Equal(SlashAction.SetConversation, talk.Action);
        SlashLine text = SlashCommand.Parse("Hello all", talk.Text);
        Assert.Equal((true, "friends", "Hello all"), (text.Request!.Lite, text.Request.To, text.Request.Text));
        Assert.Equal("friends", SlashCommand.Parse("/history", talk.Text).Request!.With);
        Assert.Equal(SlashAction.Wrong, SlashCommand.Parse("/lite show", null).Action);
        Assert.Equal(SlashAction.Wrong, SlashCommand.Parse("/lite", null).Action);
    }

    private static ConversationId Group(byte number) => new(EnvelopeKind.MlsLite, [0, 0, 0, 0, 0, 0, 0, number]);

    private static WaitingEnvelope Waiting(int id, ConversationId? group, int size = 100) =>
        new(new EnvelopeId((ulong)id, 0), group, WaitingRoom.Patience, new byte[size]);
}
