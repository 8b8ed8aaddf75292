using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Identity;
using static QuicProChat.Mesh.MlsLite.Tests.World;

namespace QuicProChat.Mesh.MlsLite.Tests;

/// <summary>
/// The examples of docs/reference/mls-lite.md, made by a script that shares nothing with the program.
/// </summary>
public class LiteVectorTests
{
    public static TheoryData<LiteCipher> Ciphers => [LiteCipher.ChaCha20Poly1305, LiteCipher.AesCcm8];

    [Fact]
    public void The_independent_script_still_prints_what_the_document_says() => Assert.Equal(
        DocumentVectors().Trim(), IndependentScript.Output("tests/MlsLite.Tests/make_vectors.py").Trim());

    [Fact]
    public void Every_message_of_the_document_is_what_sealing_gives()
    {
        JsonElement v = Vectors();
        int made = 0;
        foreach (JsonElement m in v.GetProperty("messages").EnumerateArray())
        {
            JsonElement sender = Person(v, Text(m, "from"));
            JsonElement stream = sender.GetProperty("streams").EnumerateArray()
                .Single(s => Number(s, "slot") == Number(m, "slot"));
            var type = (LiteMessageType)Number(m, "type");
            var header = new LiteHeader(
                type, Number(sender, "index"), type == LiteMessageType.Hello ? default
                    : NodeAddress.Read(Hex(sender, "address")),
                StreamOf(stream), Number(m, "counter"));
            using LiteGroup group = At(v, m, reader: "alice");
            using LocalIdentity signer = LocalIdentity.FromSeed(Hex(sender, "seed"));
            byte[] content = type == LiteMessageType.Rekey ? Hidden(v, m, header) : Content(m);
            Assert.Equal(Text(m, "message"),
                Convert.ToHexStringLower(Forge.Seal(group, header, content, signer, group.Kept[0])));
            made++;
        }

        Assert.Equal(24, made);
    }

    [Fact]
    public void Every_message_of_the_document_opens()
    {
        JsonElement v = Vectors();
        foreach (JsonElement m in v.GetProperty("messages").EnumerateArray())
        {
            string from = Text(m, "from");
            using LiteGroup reader = At(v, m, reader: from == "alice" ? "bob" : "alice");
            foreach (JsonElement other in v.GetProperty("people").EnumerateArray())
            {
                if (Number(other, "index") != reader.OwnIndex
                    && (LiteMessageType)Number(m, "type") != LiteMessageType.Hello)
                    reader.AddMember(Number(other, "index"), Hex(other, "publicKey"));
                foreach (JsonElement stream in other.GetProperty("streams").EnumerateArray())
                    Assert.True(reader.Kept[0].TryOpenStream(Number(other, "index"), StreamOf(stream)));
            }

            LiteOutcome outcome = reader.Open(Hex(m, "message"));
            Assert.Equal(LiteError.None, outcome.Error);
            Assert.Equal(Number(m, "type"), (int)outcome.Type);
            Assert.Equal(Hex(Person(v, from), "address"), Bytes(outcome.Sender!.Address));
            if (outcome.Type <= LiteMessageType.SignedText)
                Assert.Equal(Text(m, "content"), Encoding.UTF8.GetString(outcome.Text.Span));
            if (outcome.Type == LiteMessageType.Rekey)
                Assert.Equal(2u, reader.Epoch);
        }
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void Founding_inviting_joining_rekeying_and_starting_again_give_the_bytes_of_the_document(LiteCipher cipher)
    {
        JsonElement v = Vectors();
        JsonElement[] messages =
            [.. v.GetProperty("messages").EnumerateArray().Where(m => Number(m, "cipher") == (int)cipher)];
        string[] secrets = [.. v.GetProperty("epochs").EnumerateArray().Where(e => Number(e, "cipher") == (int)cipher)
            .Select(e => Text(e, "secret"))];
        JsonElement[] streams = [.. Person(v, "alice").GetProperty("streams").EnumerateArray(), .. Person(v, "bob")
            .GetProperty("streams").EnumerateArray()];
        // What alice draws: a secret, the group's id; the invitation's secret, the index 7, seventh of those left; her
        // stream; a secret.
        var alicesDice = new Dice(new string('9', 64), Text(v, "groupId"), secrets[0], "06", Slot(streams[0]),
            Text(streams[0], "salt"), secrets[1]);
        var bobsDice = new Dice(Slot(streams[2]), Text(streams[2], "salt"));

        LiteGroup alice = LiteGroup.Create(Self(1, random: alicesDice.Roll), Text(v, "name"), cipher);
        using LiteInvitation invitation = alice.Invite(out _);
        Assert.Equal(Text(v.GetProperty("invitations")[(int)cipher], "uri"), invitation.ToUri());
        Assert.True(LiteInvitation.TryParse(invitation.ToUri(), out LiteInvitation? read, out _));
        LiteGroup bob = LiteGroup.Join(Self(2, random: bobsDice.Roll), read, out LiteReply hello);
        AssertIs(messages[0], hello.Message);
        LiteReply roster = Assert.Single(alice.Open(hello.Message.Span).Replies!);
        AssertIs(messages[1], roster.Message);
        Assert.Equal(LiteError.None, bob.Open(roster.Message.Span).Error);
        LiteReply rekey = Assert.Single(alice.Rekey());
        AssertIs(messages[2], rekey.Message);
        Assert.Equal(LiteError.None, bob.Open(rekey.Message.Span).Error);
        for (int counter = 0, at = 3; counter <= 128; counter++)
        {
            byte[] text = alice.Seal(World.Text).Message;
            if (counter is 0 or 1 or 127 or 128)
                AssertIs(messages[at++], text);
        }

        AssertIs(messages[8], bob.SealSigned(World.Text).Message);
        var laterDice = new Dice(Slot(streams[1]), Text(streams[1], "salt"));
        Assert.True(LiteGroup.TryLoad(Self(1, random: laterDice.Roll), alice.Save(), out LiteGroup? again));
        LiteSealed made = again.Seal(World.Text);
        AssertIs(messages[9], made.Introduction!.Message);
        AssertIs(messages[10], made.Message);
        Assert.Equal(0, alicesDice.Left + bobsDice.Left + laterDice.Left);
    }

    [Fact]
    public void The_document_shows_each_step_of_a_derivation()
    {
        JsonElement v = Vectors();
        JsonElement d = v.GetProperty("derivation");
        foreach (JsonElement e in v.GetProperty("epochs").EnumerateArray())
        {
            LiteEpoch derived = LiteEpoch.Derive(
                Hex(e, "secret"), GroupId(v), (uint)Number(e, "number"), (LiteCipher)Number(e, "cipher"), 0);
            Assert.Equal(Text(e, "epochTag"), $"{derived.Tag:x4}");
            Assert.Equal(Hex(e, "epochId"), derived.Id.ToArray());
            Assert.Equal(Hex(e, "root"), derived.Subtrees[0].Secret);
        }

        JsonElement stream = Person(v, "alice").GetProperty("streams")[0];
        LeafPath path = LeafPath.Of(0, Number(stream, "slot"), signed: false, 128);
        Assert.Equal(Text(d, "path"), Convert.ToString(path.Leaf, 2).PadLeft(LeafPath.TreeHeight, '0'));
        LiteEpoch epoch = LiteEpoch.Derive(
            Hex(v.GetProperty("epochs")[Number(d, "epoch") - 1], "secret"), GroupId(v), 2,
            LiteCipher.ChaCha20Poly1305, 0);
        using var tree = new KeyTree([.. epoch.Subtrees[0].Secret]);
        byte[] node = new byte[32], leaf = new byte[32], key = new byte[32], nonce = new byte[12], tag = new byte[2],
            salt = Hex(stream, "salt");
        Assert.True(tree.TryDerive(LeafPath.FirstOfSlot(0, path.Slot), LeafPath.SlotHeight, node));
        Assert.True(tree.TryDerive(path.Leaf, 0, leaf));
        LiteKeySchedule.StreamTag(node, salt, tag);
        LiteKeySchedule.MessageKey(leaf, salt, key);
        LiteKeySchedule.Nonce(leaf, salt, nonce);
        Assert.Equal(
            (Text(d, "slotNode"), Text(d, "leaf"), Text(d, "key"), Text(d, "nonce"), Text(d, "streamTag")),
            (Lower(node), Lower(leaf), Lower(key), Lower(nonce), Lower(tag)));
    }

    private static LiteGroup At(JsonElement v, JsonElement message, string reader)
    {
        JsonElement epoch = v.GetProperty("epochs").EnumerateArray().Single(
            e => Number(e, "cipher") == Number(message, "cipher") && Number(e, "number") == Number(message, "epoch"));
        JsonElement person = Person(v, reader);
        return LiteGroup.FromSecret(
            Self(Hex(person, "seed")[0]), GroupId(v), Text(v, "name"), (LiteCipher)Number(message, "cipher"),
            Hex(epoch, "secret"),
            (uint)Number(epoch, "number"), Number(person, "index"));
    }

    /// <summary>A rekey's content as it is under the signature: the secret behind its mask.</summary>
    private static byte[] Hidden(JsonElement v, JsonElement message, LiteHeader header)
    {
        byte[] content = Content(message), shared = new byte[32], mask = new byte[32];
        JsonElement bob = Person(v, "bob");
        Assert.True(Self(1).TryAgree(Hex(bob, "publicKey"), shared));
        using LiteGroup group = At(v, message, "alice");
        LiteKeySchedule.Mask(
            shared, group.Kept[0].Id, header.Address, NodeAddress.Read(Hex(bob, "address")), header.Stream,
            header.Counter, mask);
        for (int i = 0; i < mask.Length; i++)
            content[5 + i] ^= mask[i];
        return content;
    }

    private static byte[] Content(JsonElement message) =>
        Number(message, "type") <= 1 ? Encoding.UTF8.GetBytes(Text(message, "content")) : Hex(message, "content");

    private static void AssertIs(JsonElement message, ReadOnlyMemory<byte> made) =>
        Assert.Equal(Text(message, "message"), Lower(made.ToArray()));

    private static LiteGroupId GroupId(JsonElement v) => LiteGroupId.Read(Hex(v, "groupId"));

    private static JsonElement Person(JsonElement v, string name) => v.GetProperty("people").EnumerateArray()
        .Single(p => Text(p, "name") == name);

    private static int Number(JsonElement e, string name) => e.GetProperty(name).GetInt32();

    private static string Text(JsonElement e, string name) => e.GetProperty(name).GetString()!;

    private static byte[] Hex(JsonElement e, string name) => Convert.FromHexString(Text(e, name));

    private static string Slot(JsonElement stream) => $"{Number(stream, "slot"):x4}";

    private static LiteStream StreamOf(JsonElement stream)
    {
        Assert.True(LiteStream.TryRead([.. Convert.FromHexString(Slot(stream)), .. Hex(stream, "salt")],
            out LiteStream read));
        return read;
    }

    private static string Lower(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] Bytes(NodeAddress address)
    {
        byte[] bytes = new byte[NodeAddress.Size];
        address.Write(bytes);
        return bytes;
    }

    private static JsonElement Vectors()
    {
        using JsonDocument vectors = JsonDocument.Parse(DocumentVectors());
        return vectors.RootElement.Clone();
    }

    private static string DocumentVectors()
    {
        string page = File.ReadAllText(Repository.File("docs", "reference", "mls-lite.md"));
        int start = page.IndexOf("```json\n", StringComparison.Ordinal) + "```json\n".Length;
        return page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
    }

    /// <summary>Randomness that is known: each draw is what was written down for it, and as long.</summary>
    private sealed class Dice(params string[] rolls)
    {
        private readonly List<byte[]> _rolls = [.. rolls.Select(Convert.FromHexString)];

        internal int Left => _rolls.Count;

        internal void Roll(Span<byte> into)
        {
            Assert.Equal(into.Length, _rolls[0].Length);
            _rolls[0].CopyTo(into);
            _rolls.RemoveAt(0);
        }
    }
}
