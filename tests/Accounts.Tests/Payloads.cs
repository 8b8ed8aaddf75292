using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Accounts.Tests;

/// <summary>What strangers' bytes do to the decoders: nothing.</summary>
public sealed class Payloads
{
    private static readonly EnvelopeId Id = new(1, 2);

    public static TheoryData<byte[]> Contents =>
    [
        new ServerPayload(Id, new TextContent("good morning")).ToBytes(),
        new ServerPayload(Id, new ReplyContent(ContentReference.To(Id), "yes")).ToBytes(),
    ];

    [Theory, MemberData(nameof(Contents))]
    public void Contents_are_read_as_they_were_written_and_never_when_cut(byte[] bytes)
    {
        Assert.Equal(ServerPayload.Kind.Content, ServerPayload.Read(bytes, out ServerPayload? payload));
        Assert.Equal(bytes, payload!.ToBytes());
        for (int length = 0; length < 18; length++)
            Assert.Equal(ServerPayload.Kind.Unknown, ServerPayload.Read(bytes.AsSpan(0, length), out _));
        for (int length = 18; length < bytes.Length; length++)
        {
            // A content that is cut may still be one, of another text; the size of a plain text says that it is cut.
            ServerPayload.Kind kind = ServerPayload.Read(bytes.AsSpan(0, length), out _);
            Assert.True(bytes[1] != 1 || kind == ServerPayload.Kind.Unknown);
        }
    }

    [Fact]
    public void An_outbox_is_read_with_all_that_is_added_above_its_bound_for_texts_and_with_no_more()
    {
        var outbox = new ServerOutbox();
        for (int i = 0; i < ServerOutbox.MaxKept; i++)
            outbox.Add(new ServerOutgoing(Id, Id, default, default) { Sealed = [1] });
        Assert.False(outbox.HasRoomFor(1));
        Assert.Equal(ServerOutbox.MaxKept, Load(outbox)?.Messages.Count);
        outbox.Add(new ServerOutgoing(Id, Id, default, default) { Sealed = [1] });
        Assert.Null(Load(outbox));

        static ServerOutbox? Load(ServerOutbox outbox)
        {
            var writer = new FrameWriter();
            outbox.Save(writer, default);
            var reader = new FrameReader(writer.ToArray());
            return ServerOutbox.TryLoad(ref reader, default, out ServerOutbox read) ? read : null;
        }
    }

    [Theory, MemberData(nameof(Contents))]
    public void Contents_that_were_changed_are_read_as_something_or_not_at_all(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length; at++)
        {
            foreach (byte flipped in (byte[])[0x01, 0x80, 0xFF])
            {
                byte[] changed = [.. bytes];
                changed[at] ^= flipped;
                ServerPayload.Kind kind = ServerPayload.Read(changed, out ServerPayload? payload);
                Assert.Equal(kind == ServerPayload.Kind.Content, payload is not null);
                // A plain text has one form; other contents have their own tests.
                if (payload is not null && changed[1] == 1)
                    Assert.Equal(changed, payload.ToBytes());
            }
        }
    }

    [Fact]
    public void Cover_traffic_says_nothing_and_what_is_unknown_is_nothing()
    {
        Assert.Equal(ServerPayload.Kind.Dummy, ServerPayload.Read([1, 9, 0, 0], out _));
        Assert.Equal(ServerPayload.Kind.Unknown, ServerPayload.Read([2, 1], out _));
        Assert.Equal(ServerPayload.Kind.Unknown, ServerPayload.Read([1, 77, .. new byte[40]], out _));
    }

    [Fact]
    public void Receipts_are_read_as_they_were_written_and_never_when_cut_or_longer()
    {
        using LocalIdentity identity = LocalIdentity.Generate();
        var receipt = new ServerReceipt(identity.Address, [(Id, new byte[Receipt.ProofSize]),
            (new EnvelopeId(3, 4), new byte[Receipt.ProofSize])]);
        byte[] bytes = receipt.ToBytes();
        ServerReceipt read = ServerReceipt.Read(bytes)!;
        Assert.Equal((identity.Address, 2, Id), (read.Receiver, read.Proofs.Count, read.Proofs[0].Message));
        for (int length = 0; length < bytes.Length; length++)
            Assert.Null(ServerReceipt.Read(bytes.AsSpan(0, length)));
        Assert.Null(ServerReceipt.Read([.. bytes, 0]));
        Assert.Null(ServerReceipt.Read([ServerReceipt.Mark, .. new byte[17]]));
    }

    [Theory]
    [InlineData("bob@chat.example.org", true)]
    [InlineData("b.o-b_1@[::1]:8443", true)]
    [InlineData("bob@quic://127.0.0.1:1", true)]
    [InlineData("Bob@x", false)]
    [InlineData("@x", false)]
    [InlineData("bob@", false)]
    [InlineData("bob", false)]
    [InlineData("bob@a@b", false)]
    [InlineData("bob@a b", false)]
    public void Names_of_users_have_a_server_behind_them(string text, bool isName) =>
        Assert.Equal(isName, ServerNames.TryParse(text, out _, out _));

    [Fact]
    public void Names_to_the_server_are_UUIDs_of_version_7_and_the_same_for_the_same()
    {
        DateTimeOffset at = DateTimeOffset.FromUnixTimeMilliseconds(0x0123456789AB);
        byte[] key = new byte[32];
        var uuid = ServerIds.Uuid(at, Id, key, 0).ToString();
        Assert.StartsWith("0123456789ab7", uuid);
        Assert.Contains(uuid[16], "89ab");
        Assert.Equal(uuid, ServerIds.Uuid(at, Id, key, 0).ToString());
        Assert.NotEqual(uuid, ServerIds.Uuid(at, Id, key, 1).ToString());
        key[0] = 1;
        Assert.NotEqual(uuid, ServerIds.Uuid(at, Id, key, 0).ToString());
    }
}
