using System.Text.Json;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Vectors;

public class MessageProtectionVectorTests
{
    private static readonly LeafIndex Sender = new(1);

    [SharedFact("vectors/mls/message-protection.json")]
    public void Given_and_own_messages_come_out_as_the_vectors_say() =>
        CheckProtection(MlsInputs.Cases("message-protection"));

    [Fact]
    public void Given_and_own_messages_come_out_as_with_mlspp() =>
        CheckProtection(MlsInputs.OfMlspp("message-protection"));

    private static void CheckProtection(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            GroupContext context = new()
            {
                CipherSuite = suite.Id,
                GroupId = item.Hex("group_id"),
                Epoch = item.GetProperty("epoch").GetUInt64(),
                TreeHash = item.Hex("tree_hash"),
                ConfirmedTranscriptHash = item.Hex("confirmed_transcript_hash"),
                Extensions = ExtensionList.Empty,
            };
            using Signer signer = suite.Signature.CreateSigner(item.Hex("signature_priv"))!;
            byte[] publicKey = item.Hex("signature_pub");
            FramedHeader header =
                new(context.GroupId, context.Epoch, new Sender(SenderType.Member, Sender.Value), default);

            MlsReader reader = new(item.Hex("proposal"));
            Assert.True(Proposal.TryRead(ref reader, out Proposal proposal));
            reader = new(item.Hex("commit"));
            Assert.True(Commit.TryRead(ref reader, out Commit commit));
            (string Name, FramedContent Content)[] contents =
            [
                ("proposal", FramedContent.ForProposal(header, proposal)),
                ("commit", FramedContent.ForCommit(header, commit)),
                ("application", FramedContent.ForApplication(header, item.Hex("application"))),
            ];
            foreach ((string name, FramedContent content) in contents)
            {
                byte[] expected = item.Hex(name);
                AuthenticatedContent opened = OpenPrivate(suite, item, item.Hex(name + "_priv"));
                Assert.Equal(expected, Payload(opened.Content));
                Assert.True(opened.VerifySignature(suite, publicKey, context));

                byte[] tag = name == "commit" ? [1, 2, 3] : [];
                AuthenticatedContent own = new(
                    WireFormat.PrivateMessage, content,
                    AuthenticatedContent.Sign(WireFormat.PrivateMessage, content, context, signer), tag);
                PrivateMessage sent = MessageProtection.Protect(
                    suite, Tree(suite, item), item.Hex("sender_data_secret"), own, new PaddingPolicy(32, true),
                    RandomSource.System)!;
                opened = OpenPrivate(suite, item, sent.ToMessage());
                Assert.Equal(expected, Payload(opened.Content));
                Assert.True(opened.VerifySignature(suite, publicKey, context));
                if (name != "application")
                    CheckPublic(suite, item, name, content, context, signer);
            }
        }
    }

    private static void CheckPublic(
        Suite suite, JsonElement item, string name, FramedContent content, GroupContext context, Signer signer)
    {
        MlsReader reader = new(item.Hex(name + "_pub"));
        Assert.True(MlsFrame.TryReadHeader(ref reader, out WireFormat format, out _));
        Assert.Equal(WireFormat.PublicMessage, format);
        Assert.True(PublicMessage.TryRead(ref reader, out PublicMessage given));
        Assert.True(reader.AtEnd);
        Assert.Equal(item.Hex(name), Payload(given.Content));
        Assert.True(given.VerifyMembershipTag(suite, context, item.Hex("membership_key")));
        Assert.True(given.Authenticated.VerifySignature(suite, item.Hex("signature_pub"), context));

        byte[] signature = AuthenticatedContent.Sign(WireFormat.PublicMessage, content, context, signer);
        AuthenticatedContent own =
            new(WireFormat.PublicMessage, content, signature, name == "commit" ? new byte[] { 1 } : default);
        PublicMessage sent = PublicMessage.Protect(suite, own, context, item.Hex("membership_key"));
        Assert.True(sent.VerifyMembershipTag(suite, context, item.Hex("membership_key")));
    }

    private static AuthenticatedContent OpenPrivate(Suite suite, JsonElement item, byte[] message)
    {
        MlsReader reader = new(message);
        Assert.True(MlsFrame.TryReadHeader(ref reader, out WireFormat format, out _));
        Assert.Equal(WireFormat.PrivateMessage, format);
        Assert.True(PrivateMessage.TryRead(ref reader, out PrivateMessage priv));
        Assert.True(reader.AtEnd);
        Assert.True(MessageProtection.TryOpenSenderData(suite, item.Hex("sender_data_secret"), priv,
            out SenderData data));
        Assert.Equal(Sender.Value, data.LeafIndex);
        HashRatchet ratchet = Tree(suite, item).Ratchet(Sender, priv.ContentType != ContentType.Application);
        Assert.False(ratchet.Peek(suite, data.Generation, 32, 1000, out RatchetPeek peek).Failed);
        Assert.False(MessageProtection.Open(suite, peek.Key, data, priv, out AuthenticatedContent opened).Failed);
        return opened;
    }

    private static SecretTree Tree(Suite suite, JsonElement item) => new(suite, 2, item.Hex("encryption_secret"));

    private static byte[] Payload(FramedContent content) =>
        content.ContentType == ContentType.Application ? content.ApplicationData.ToArray() : content.Body.ToArray();
}
