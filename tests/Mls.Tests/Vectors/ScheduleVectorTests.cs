using System.Text.Json;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Schedule;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Vectors;

public class ScheduleVectorTests
{
    [SharedFact("vectors/mls/key-schedule.json")]
    public void The_key_schedule_agrees_with_the_vectors() => CheckKeySchedule(MlsInputs.Cases("key-schedule"));

    [Fact]
    public void The_key_schedule_agrees_with_mlspp() => CheckKeySchedule(MlsInputs.OfMlspp("key-schedule"));

    private static void CheckKeySchedule(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            byte[] init = item.Hex("initial_init_secret");
            ulong epoch = 0;
            foreach (JsonElement e in item.GetProperty("epochs").EnumerateArray())
            {
                GroupContext context = new()
                {
                    CipherSuite = suite.Id,
                    GroupId = item.Hex("group_id"),
                    Epoch = epoch++,
                    TreeHash = e.Hex("tree_hash"),
                    ConfirmedTranscriptHash = e.Hex("confirmed_transcript_hash"),
                    Extensions = ExtensionList.Empty,
                };
                Assert.Equal(e.Hex("group_context"), context.Encoded.ToArray());
                byte[] joiner = KeySchedule.JoinerSecret(suite, init, e.Hex("commit_secret"), context.Encoded);
                Assert.Equal(e.Hex("joiner_secret"), joiner);
                byte[] member = KeySchedule.MemberSecret(suite, joiner, e.Hex("psk_secret"));
                Assert.Equal(e.Hex("welcome_secret"), suite.DeriveSecret(member, "welcome"u8));
                EpochSecrets secrets =
                    EpochSecrets.Derive(suite, KeySchedule.EpochSecret(suite, member, context.Encoded),
                        out byte[] encryption);
                Assert.Equal(e.Hex("encryption_secret"), encryption);
                Assert.Equal(e.Hex("init_secret"), secrets.InitSecret);
                Assert.Equal(e.Hex("sender_data_secret"), secrets.SenderDataSecret);
                Assert.Equal(e.Hex("exporter_secret"), secrets.ExporterSecret);
                Assert.Equal(e.Hex("epoch_authenticator"), secrets.EpochAuthenticator);
                Assert.Equal(e.Hex("external_secret"), secrets.ExternalSecret);
                Assert.Equal(e.Hex("confirmation_key"), secrets.ConfirmationKey);
                Assert.Equal(e.Hex("membership_key"), secrets.MembershipKey);
                Assert.Equal(e.Hex("resumption_psk"), secrets.ResumptionPsk);
                Assert.Equal(e.Hex("external_pub"), secrets.ExternalKeyPair(suite).PublicKey);
                JsonElement x = e.GetProperty("exporter");
                byte[] label = System.Text.Encoding.UTF8.GetBytes(x.GetProperty("label").GetString()!);
                Assert.Equal(x.Hex("secret"),
                    secrets.Export(suite, label, x.Hex("context"), x.GetProperty("length").GetInt32()));
                init = secrets.InitSecret;
            }
        }
    }

    [SharedFact("vectors/mls/psk_secret.json")]
    public void The_psk_secret_agrees_with_the_vectors() => CheckPskSecret(MlsInputs.Cases("psk_secret"));

    [Fact]
    public void The_psk_secret_agrees_with_mlspp() => CheckPskSecret(MlsInputs.OfMlspp("psk_secret"));

    private static void CheckPskSecret(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            List<(PreSharedKeyId, byte[])> psks = [.. item.GetProperty("psks").EnumerateArray()
                .Select(p => (PreSharedKeyId.External(p.Hex("psk_id"), p.Hex("psk_nonce")), p.Hex("psk")))];
            Assert.Equal(item.Hex("psk_secret"), PskSecret.Compute(suite, psks));
        }
    }

    [SharedFact("vectors/mls/secret-tree.json")]
    public void The_secret_tree_agrees_with_the_vectors() => CheckSecretTree(MlsInputs.Cases("secret-tree"));

    [Fact]
    public void The_secret_tree_agrees_with_mlspp() => CheckSecretTree(MlsInputs.OfMlspp("secret-tree"));

    private static void CheckSecretTree(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            JsonElement data = item.GetProperty("sender_data");
            byte[] key = new byte[suite.KeySize];
            byte[] nonce = new byte[AeadCipher.NonceSize];
            MessageProtection.SenderDataKey(suite, data.Hex("sender_data_secret"), data.Hex("ciphertext"), key, nonce);
            Assert.Equal(data.Hex("key"), key);
            Assert.Equal(data.Hex("nonce"), nonce);

            JsonElement[] leaves = [.. item.GetProperty("leaves").EnumerateArray()];
            SecretTree tree = new(suite, (uint)leaves.Length, item.Hex("encryption_secret"));
            for (uint leaf = 0; leaf < leaves.Length; leaf++)
            {
                foreach (JsonElement g in leaves[leaf].EnumerateArray())
                {
                    CheckKey(suite, tree.Ratchet(new LeafIndex(leaf), handshake: true), g, "handshake");
                    CheckKey(suite, tree.Ratchet(new LeafIndex(leaf), handshake: false), g, "application");
                }
            }
        }
    }

    [SharedFact("vectors/mls/transcript-hashes.json")]
    public void The_transcript_hashes_agree_with_the_vectors() => CheckTranscript(MlsInputs.Cases("transcript-hashes"));

    [Fact]
    public void The_transcript_hashes_agree_with_mlspp() => CheckTranscript(MlsInputs.OfMlspp("transcript-hashes"));

    private static void CheckTranscript(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            MlsReader reader = new(item.Hex("authenticated_content"));
            Assert.True(AuthenticatedContent.TryRead(ref reader, out AuthenticatedContent content));
            Assert.True(reader.AtEnd);
            byte[] confirmed = content.ConfirmedTranscriptHash(suite, item.Hex("interim_transcript_hash_before"));
            Assert.Equal(item.Hex("confirmed_transcript_hash_after"), confirmed);
            Assert.True(suite.VerifyMac(item.Hex("confirmation_key"), confirmed, content.ConfirmationTag.Span));
            Assert.Equal(
                item.Hex("interim_transcript_hash_after"),
                AuthenticatedContent.InterimTranscriptHash(suite, confirmed, content.ConfirmationTag.Span));
        }
    }

    private static void CheckKey(Suite suite, HashRatchet ratchet, JsonElement expected, string kind)
    {
        Assert.False(ratchet.Peek(suite, expected.UInt("generation"), 32, 1000, out RatchetPeek peek).Failed);
        Assert.Equal(expected.Hex(kind + "_key"), peek.Key.Key);
        Assert.Equal(expected.Hex(kind + "_nonce"), peek.Key.Nonce);
        ratchet.Consume(peek, 32);
    }
}
