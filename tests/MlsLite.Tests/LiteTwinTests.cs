using System.Text.Json;
using QuicProChat.Mesh.Identity;
using static QuicProChat.Mesh.MlsLite.Tests.World;

namespace QuicProChat.Mesh.MlsLite.Tests;

/// <summary>The compact twin of one state of an MLS group (docs/reference/mls-lite.md, section 6).</summary>
public class LiteTwinTests
{
    private static readonly byte[] Id = [1, 2, 3];
    private static readonly byte[] Secret = [.. Enumerable.Repeat((byte)5, 32)];
    private static byte _guards;

    public static TheoryData<LiteCipher> Ciphers => [LiteCipher.ChaCha20Poly1305, LiteCipher.AesCcm8];

    [Fact]
    public void Every_message_of_the_document_is_what_sealing_gives_and_opens()
    {
        JsonElement v = Document();
        JsonElement t = v.GetProperty("twin");
        int made = 0;
        foreach (JsonElement m in t.GetProperty("messages").EnumerateArray())
        {
            JsonElement person = v.GetProperty("people").EnumerateArray()
                .Single(p => p.GetProperty("name").GetString() == m.GetProperty("from").GetString());
            int leaf = person.GetProperty("index").GetInt32();
            byte seed = Hex(person, "seed")[0];
            LiteTwin writer = Make(), reader = Make();
            using LocalIdentity identity = IdentityOf(seed);
            byte[] content = System.Text.Encoding.UTF8.GetBytes(t.GetProperty("content").GetString()!);
            uint number = m.GetProperty("number").GetUInt32();
            byte[]? message = writer.Seal(leaf, number, Address(seed), identity.Sign, Hex(t, "guard"), content);
            Assert.Equal(m.GetProperty("message").GetString(), Convert.ToHexStringLower(message!));
            Assert.Equal(LiteError.None, Open(reader, message!, seed, out byte[] text));
            Assert.Equal(content, text);
            made++;

            LiteTwin Make() => LiteTwin.Derive(
                Hex(t, "secret"), Hex(t, "mlsGroupId"), t.GetProperty("epoch").GetUInt64(),
                (LiteCipher)m.GetProperty("cipher").GetInt32(), [leaf]);
        }

        Assert.Equal(4, made);
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void A_text_costs_84_bytes_with_the_short_tag_and_92_with_the_long_one_and_is_read_once(LiteCipher cipher)
    {
        LiteTwin alice = Twin(cipher), bob = Twin(cipher);
        byte[] message = Seal(alice, 0, 1, number: 3);
        Assert.Equal(Text.Length + (cipher == LiteCipher.AesCcm8 ? 84 : 92), message.Length);
        Assert.Equal(LiteError.None, Open(bob, message, 1, out byte[] text));
        Assert.Equal(Text, text);

        // To open changes nothing; whoever takes the text spends its key.
        Assert.Equal(LiteError.None, Open(bob, message, 1, out _));
        Assert.True(bob.Spend(0, 3));
        Assert.Equal(LiteError.ReplayedOrTooOld, Open(bob, message, 1, out _));
        Assert.False(bob.Spend(0, 3));
        Assert.Null(alice.Seal(0, 3, Address(1), IdentityOf(1).Sign, Guard(), Text));

        // Others of the sender, before it and behind it, are still read.
        Assert.Equal(LiteError.None, Open(bob, Seal(alice, 0, 1, number: 2), 1, out _));
        Assert.Equal(LiteError.None, Open(bob, Seal(alice, 0, 1, number: 4), 1, out _));
    }

    [Fact]
    public void Leaves_from_31_to_254_take_one_byte_more_and_numbers_from_128_to_1023_another()
    {
        LiteTwin writer = Twin(), reader = Twin();
        Assert.Equal(Text.Length + 84, Seal(writer, 30, 1, 127).Length);
        foreach (int leaf in (int[])[31, 254])
        {
            byte[] message = Seal(writer, leaf, 1, 127);
            Assert.Equal(Text.Length + 85, message.Length);
            Assert.Equal((0x3f, leaf), (message[2], message[3]));
            Assert.Equal(LiteError.None, Open(reader, message, 1, out _));
        }

        byte[] last = Seal(writer, 254, 1, LiteTwin.MaxNumber);
        Assert.Equal(Text.Length + 86, last.Length);
        Assert.Equal(LiteError.None, Open(reader, last, 1, out _));
        Assert.Null(writer.Seal(254, LiteTwin.MaxNumber + 1, Address(1), IdentityOf(1).Sign, Guard(), Text));
        Assert.False(reader.Has(254, LiteTwin.MaxNumber + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Twin(leaves: [255]));
        Assert.Throws<ArgumentOutOfRangeException>(() => LiteTwin.Derive(Secret, Id, 1UL << 31, default, [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => LiteTwin.Derive(new byte[31], Id, 1, default, [0]));
        Assert.Null(writer.Seal(0, 0, Address(1), IdentityOf(1).Sign, Guard(), new byte[LiteTwin.MaxText + 1]));
        Assert.NotNull(writer.Seal(0, 0, Address(1), IdentityOf(1).Sign, Guard(), new byte[LiteTwin.MaxText]));
    }

    [Fact]
    public void A_member_who_has_all_keys_cannot_write_in_the_name_of_another()
    {
        LiteTwin mallory = Twin(), bob = Twin();
        byte[]? forged = mallory.Seal(0, 0, Address(1), IdentityOf(3).Sign, Guard(), Text);
        Assert.Equal(LiteError.BadSignature, Open(bob, forged!, 1, out byte[] text));
        Assert.Empty(text);
        Assert.True(bob.Has(0, 0));
        Assert.Equal(LiteError.None, Open(bob, Seal(Twin(), 0, 1, 0), 1, out _));
    }

    [Fact]
    public void What_a_member_wrote_in_one_state_or_under_one_number_cannot_be_said_again_in_another()
    {
        byte[] guard = Guard(), signature = new byte[Ed25519.SignatureSize];
        void Keep(ReadOnlySpan<byte> message, Span<byte> made)
        {
            IdentityOf(1).Sign(message, made);
            made.CopyTo(signature);
        }

        void Repeat(ReadOnlySpan<byte> message, Span<byte> made) => signature.CopyTo(made);

        LiteTwin alice = Twin(), mallory = Twin(), bob = Twin();
        Assert.NotNull(alice.Seal(0, 5, Address(1), Keep, guard, Text));

        // The signature under the same number in the same state holds; anywhere else it does not.
        Assert.Equal(LiteError.None, Open(bob, mallory.Seal(0, 5, Address(1), Repeat, guard, Text)!, 1, out _));
        Assert.Equal(
            LiteError.BadSignature, Open(bob, mallory.Seal(0, 6, Address(1), Repeat, guard, Text)!, 1, out _));
        Assert.Equal(
            LiteError.BadSignature, Open(bob, mallory.Seal(1, 5, Address(1), Repeat, guard, Text)!, 1, out _));
        byte[] later = [.. Enumerable.Repeat((byte)6, 32)];
        LiteTwin malloryLater = LiteTwin.Derive(later, Id, 8, LiteCipher.AesCcm8, [0, 1]);
        LiteTwin bobLater = LiteTwin.Derive(later, Id, 8, LiteCipher.AesCcm8, [0, 1]);
        byte[]? again = malloryLater.Seal(0, 5, Address(1), Repeat, guard, Text);
        Assert.Equal(LiteError.BadSignature, Open(bobLater, again!, 1, out _));

        // Another sibling of the same number has another id too.
        LiteTwin malloryBeside = LiteTwin.Derive(later, Id, 7, LiteCipher.AesCcm8, [0, 1]);
        LiteTwin bobBeside = LiteTwin.Derive(later, Id, 7, LiteCipher.AesCcm8, [0, 1]);
        again = malloryBeside.Seal(0, 5, Address(1), Repeat, guard, Text);
        Assert.Equal(LiteError.BadSignature, Open(bobBeside, again!, 1, out _));
    }

    [Fact]
    public void Everything_but_a_signed_text_is_refused()
    {
        LiteTwin alice = Twin(), bob = Twin();
        byte[] message = Seal(alice, 0, 1, 0);
        byte[] before = bob.SaveHead();
        foreach (LiteMessageType type in Enum.GetValues<LiteMessageType>().Where(t => t != LiteMessageType.SignedText))
        {
            message[2] = (byte)((int)type << 5);

            // Those that name a stream have one where a text has its guard.
            if (UnverifiedLiteMessage.HasStream(type))
                message[4] = 0;
            Assert.Equal(LiteError.NotHere, Open(bob, message, 1, out _));
        }

        Assert.Equal(before, bob.SaveHead());
    }

    [Fact]
    public void Who_is_no_member_of_the_state_is_not_heard_and_another_state_reads_nothing()
    {
        LiteTwin alice = Twin();
        byte[] message = Seal(alice, 4, 1, 0);
        Assert.Equal(LiteError.UnknownSender, Open(Twin(leaves: [0, 1]), message, 1, out _));
        LiteTwin next = LiteTwin.Derive([.. Enumerable.Repeat((byte)9, 32)], Id, 8, LiteCipher.AesCcm8, [4]);
        Assert.Equal(LiteError.UnknownEpoch, Open(next, message, 1, out _));

        // Also where the two bytes that name the state happen to be the same.
        message[0] = (byte)(next.Tag >> 8);
        message[1] = (byte)next.Tag;
        Assert.Equal(LiteError.NotAuthentic, Open(next, message, 1, out _));
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public void One_number_that_is_used_twice_after_a_backup_was_put_back_has_two_keys(LiteCipher cipher)
    {
        LiteTwin alice = Twin(cipher);
        LiteTwin again = Reload(alice);
        byte[] one = Seal(alice, 0, 1, 7), two = Seal(again, 0, 1, 7);

        // The same text at the same place: under one key and nonce it would be the same bytes there.
        const int textAt = 4 + LiteTwin.GuardSize + Ed25519.SignatureSize;
        Assert.Equal(one.AsSpan(0, 4).ToArray(), two.AsSpan(0, 4).ToArray());
        Assert.NotEqual(one.AsSpan(textAt, Text.Length).ToArray(), two.AsSpan(textAt, Text.Length).ToArray());
    }

    [Fact]
    public void A_stored_twin_goes_on_where_it_was_and_has_no_key_of_what_was_read()
    {
        LiteTwin alice = Twin(), bob = Twin();
        foreach (uint number in (uint[])[0, 1, 2, 9, 1023])
        {
            byte[] message = Seal(alice, 0, 1, number);
            byte[] key = LeafSecret(bob, 0, number);
            Assert.True(bob.Spend(0, number));
            Assert.Equal([0], bob.Opened);
            bob = Reload(bob);
            Assert.Equal(LiteError.ReplayedOrTooOld, Open(bob, message, 1, out _));
            Assert.Empty(LeafSecret(bob, 0, number));
            Assert.Equal(-1, bob.SaveLeaf(0).AsSpan().IndexOf(key));
            Assert.Equal(-1, bob.SaveHead().AsSpan().IndexOf(key));
        }

        Assert.Equal(LiteError.None, Open(bob, Seal(alice, 0, 1, 3), 1, out _));
        Assert.Equal(LiteError.None, Open(bob, Seal(alice, 4, 2, 0), 2, out _));
        LiteTwin loaded = Reload(bob);
        Assert.False(loaded.TryLoadLeaf(0, bob.SaveLeaf(0)));
        Assert.False(loaded.TryLoadLeaf(1, bob.SaveLeaf(0)));
        Assert.False(loaded.TryLoadLeaf(-1, bob.SaveLeaf(0)));
    }

    [Fact]
    public void Gaps_that_a_member_leaves_cost_bounded_room()
    {
        LiteTwin bob = Twin();
        for (uint number = 0; number <= LiteTwin.MaxNumber; number += 2)
            _ = bob.Spend(0, number);
        Assert.InRange(bob.SaveLeaf(0).Length, 1, 3 + (LiteTwin.MaxSubtrees * 37));

        // The lowest numbers go first.
        Assert.False(bob.Has(0, 1023 - (2 * LiteTwin.MaxSubtrees)));
        Assert.True(bob.Has(0, 1025 - (2 * LiteTwin.MaxSubtrees)));
        Assert.True(bob.Has(0, 1023));
    }

    [Fact]
    public void A_message_that_is_cut_at_any_byte_or_damaged_never_opens()
    {
        LiteTwin alice = Twin(), bob = Twin();
        byte[][] valid = [Seal(alice, 0, 1, 0), Seal(alice, 200, 1, 300)];
        byte[] before = bob.SaveHead();
        var random = new Random(21);
        foreach (byte[] message in valid)
        {
            for (int size = 0; size < message.Length; size++)
                Assert.NotEqual(LiteError.None, Open(bob, message[..size], 1, out _));
            for (int at = 0; at < message.Length; at++)
            {
                byte[] damaged = [.. message];
                damaged[at] ^= (byte)random.Next(1, 256);
                Assert.NotEqual(LiteError.None, Open(bob, damaged, 1, out _));
            }

            Assert.NotEqual(LiteError.None, Open(bob, [.. message, 0], 1, out _));
        }

        Assert.Equal(before, bob.SaveHead());
        Assert.All(valid, m => Assert.Equal(LiteError.None, Open(bob, m, 1, out _)));
    }

    [Fact]
    public void A_state_that_is_cut_is_refused_and_a_damaged_one_never_throws()
    {
        LiteTwin alice = Twin();
        _ = Seal(alice, 0, 1, 77);
        byte[] head = alice.SaveHead(), leaf = alice.SaveLeaf(0);
        for (int size = 0; size < head.Length; size++)
            Assert.False(LiteTwin.TryLoad(head.AsSpan(0, size), out _));
        Assert.False(LiteTwin.TryLoad([.. head, 0], out _));
        Assert.True(LiteTwin.TryLoad(head, out LiteTwin? whole));
        for (int size = 0; size < leaf.Length; size++)
            Assert.False(whole.TryLoadLeaf(0, leaf.AsSpan(0, size)));
        Assert.False(whole.TryLoadLeaf(0, [.. leaf, 0]));
        var random = new Random(22);
        for (int i = 0; i < 5000; i++)
        {
            byte[] damaged = [.. head], damagedLeaf = [.. leaf];
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            damagedLeaf[random.Next(damagedLeaf.Length)] = (byte)random.Next(256);
            if (!LiteTwin.TryLoad(damaged, out LiteTwin? loaded))
                continue;
            if (loaded.TryLoadLeaf(0, damagedLeaf))
                _ = loaded.Seal(0, 78, Address(1), IdentityOf(1).Sign, Guard(), Text);
            loaded.Dispose();
        }
    }

    private static LiteTwin Twin(LiteCipher cipher = LiteCipher.AesCcm8, int[]? leaves = null) =>
        LiteTwin.Derive(Secret, Id, 7, cipher, leaves ?? [0, 1, 4, 30, 31, 200, 254]);

    private static LiteTwin Reload(LiteTwin twin)
    {
        Assert.True(LiteTwin.TryLoad(twin.SaveHead(), out LiteTwin? loaded));
        foreach (int leaf in twin.Opened)
            Assert.True(loaded.TryLoadLeaf(leaf, twin.SaveLeaf(leaf)));
        return loaded;
    }

    private static byte[] LeafSecret(LiteTwin twin, int leaf, uint number)
    {
        byte[] secret = new byte[LiteConstants.SecretSize];
        return twin.Tree(leaf).TryDerive(LeafPath.Of(leaf, 0, signed: true, (int)number).Leaf, 0, secret) ? secret : [];
    }

    private static byte[] Guard() => [.. Enumerable.Repeat(++_guards, LiteTwin.GuardSize)];

    private static byte[] Seal(LiteTwin twin, int leaf, byte seed, uint number)
    {
        using LocalIdentity identity = IdentityOf(seed);
        byte[]? message = twin.Seal(leaf, number, Address(seed), identity.Sign, Guard(), Text);
        Assert.NotNull(message);
        return message;
    }

    private static LiteError Open(LiteTwin twin, byte[] bytes, byte seed, out byte[] text)
    {
        text = [];
        return UnverifiedLiteMessage.TryRead(bytes, out UnverifiedLiteMessage message)
            ? twin.TryOpen(message, Address(seed), Key(seed), out text) : LiteError.Malformed;
    }

    private static byte[] Hex(JsonElement e, string name) => Convert.FromHexString(e.GetProperty(name).GetString()!);

    private static JsonElement Document()
    {
        string page = File.ReadAllText(Repository.File("docs", "reference", "mls-lite.md"));
        int start = page.IndexOf("```json\n", StringComparison.Ordinal) + "```json\n".Length;
        using JsonDocument read = JsonDocument.Parse(
            page[start..page.IndexOf("```", start, StringComparison.Ordinal)]);
        return read.RootElement.Clone();
    }
}
