using System.Text.Json;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Vectors;

public class MessagesVectorTests
{
    [SharedFact("vectors/mls/messages.json")]
    public void Every_message_reads_and_writes_back_byte_for_byte() => CheckMessages(MlsInputs.Cases("messages"));

    [Fact]
    public void Every_message_of_mlspp_reads_and_writes_back_byte_for_byte() =>
        CheckMessages(MlsInputs.OfMlspp("messages"));

    private static void CheckMessages(IEnumerable<JsonElement> cases)
    {
        Suite suite = Suite.Require(CipherSuite.X25519Aes128GcmSha256Ed25519);
        foreach (JsonElement item in cases)
        {
            byte[] bytes = item.Hex("mls_welcome");
            UnverifiedWelcome welcome = UnverifiedWelcome.Parse(bytes).Value;
            Assert.Equal(bytes, UnverifiedWelcome.CreateMessage(
                welcome.CipherSuite,
                [.. welcome.Recipients()
                    .Select(r => welcome.TryFind(r.Span, out HpkeCiphertext c) ? new EncryptedGroupSecrets(r, c)
                        : default)],
                welcome.EncryptedGroupInfo.Span));

            bytes = item.Hex("mls_group_info");
            Assert.Equal(bytes,
                MlsFrame.Write(WireFormat.GroupInfo, UnverifiedGroupInfo.Parse(bytes).Value.Encoded.Span));
            bytes = item.Hex("mls_key_package");
            Assert.Equal(bytes, UnverifiedKeyPackage.Parse(bytes).Value.ToMessage());

            bytes = item.Hex("ratchet_tree");
            Assert.False(RatchetTree.TryRead(suite, bytes, out RatchetTree tree).Failed);
            Assert.Equal(bytes, Written(tree.Write));

            bytes = item.Hex("group_secrets");
            MlsReader reader = new(bytes);
            Assert.True(GroupSecrets.TryRead(ref reader, out GroupSecrets secrets) && reader.AtEnd);
            Assert.Equal(bytes, Written(secrets.Write));

            CheckProposal(item.Hex("add_proposal"), ProposalType.Add);
            CheckProposal(item.Hex("update_proposal"), ProposalType.Update);
            CheckProposal(item.Hex("remove_proposal"), ProposalType.Remove);
            CheckProposal(item.Hex("pre_shared_key_proposal"), ProposalType.Psk);
            CheckProposal(item.Hex("re_init_proposal"), ProposalType.ReInit);
            CheckProposal(item.Hex("external_init_proposal"), ProposalType.ExternalInit);
            CheckProposal(item.Hex("group_context_extensions_proposal"), ProposalType.GroupContextExtensions);

            bytes = item.Hex("commit");
            reader = new MlsReader(bytes);
            Assert.True(Commit.TryRead(ref reader, out Commit commit) && reader.AtEnd);
            Assert.Equal(bytes, Written(commit.Write));

            if (item.TryGetProperty("public_message_application", out JsonElement application))
                CheckPublic(application.Hex());
            CheckPublic(item.Hex("public_message_proposal"));
            CheckPublic(item.Hex("public_message_commit"));

            bytes = item.Hex("private_message");
            reader = new MlsReader(bytes);
            Assert.True(MlsFrame.TryReadHeader(ref reader, out _, out _));
            Assert.True(PrivateMessage.TryRead(ref reader, out PrivateMessage message) && reader.AtEnd);
            Assert.Equal(bytes, message.ToMessage());
        }
    }

    private static void CheckProposal(byte[] body, ushort type)
    {
        byte[] bytes = [(byte)(type >> 8), (byte)type, .. body];
        MlsReader reader = new(bytes);
        Assert.True(Proposal.TryRead(ref reader, out Proposal proposal) && reader.AtEnd);
        Assert.Equal(type, proposal.Type);
        Assert.Equal(bytes, Written(proposal.Write));
    }

    private static void CheckPublic(byte[] bytes)
    {
        MlsReader reader = new(bytes);
        Assert.True(MlsFrame.TryReadHeader(ref reader, out _, out _));
        Assert.True(PublicMessage.TryRead(ref reader, out PublicMessage message) && reader.AtEnd);
        Assert.Equal(bytes, message.ToMessage());
    }

    private static byte[] Written(Action<MlsWriter> write)
    {
        using MlsWriter writer = new();
        write(writer);
        return writer.ToArray();
    }
}
