using System.Text.Json;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Storage;
using QuicProChat.Mesh.Mls.Tests.Support;

namespace QuicProChat.Mesh.Mls.Tests.Vectors;

public class PassiveClientTests
{
    [SharedTheory("vectors/mls/passive-client-random.json", "vectors/mls/interop-passive")]
    [InlineData("passive-client-welcome")]
    [InlineData("passive-client-handling-commit")]
    [InlineData("passive-client-random")]
    [InlineData("interop-passive/welcome_join")]
    [InlineData("interop-passive/commit")]
    [InlineData("interop-passive/external_join")]
    [InlineData("interop-passive/external_proposals")]
    [InlineData("interop-passive/application")]
    [InlineData("interop-passive/branch")]
    [InlineData("interop-passive/reinit")]
    public void A_member_that_only_listens_arrives_at_every_epoch(string file) => FollowAll(MlsInputs.Cases(file));

    [Fact]
    public void A_member_that_only_listens_to_mlspp_arrives_at_every_epoch() =>
        FollowAll(MlsInputs.OfMlspp("passive-client"));

    private static void FollowAll(IEnumerable<JsonElement> histories)
    {
        int cases = 0;
        foreach (JsonElement item in histories)
        {
            Follow(item);
            cases++;
        }
        Assert.NotEqual(0, cases);
    }

    [SharedFact("vectors/mls/welcome.json")]
    public void The_welcome_vectors_decrypt_and_their_signature_and_tag_hold() =>
        CheckWelcome(MlsInputs.Cases("welcome"));

    [Fact]
    public void A_welcome_of_mlspp_decrypts_and_its_signature_and_tag_hold() =>
        CheckWelcome(MlsInputs.OfMlspp("welcome"));

    private static void CheckWelcome(IEnumerable<JsonElement> cases)
    {
        foreach (JsonElement item in cases)
        {
            Suite suite = Suite.Require((CipherSuite)item.UInt("cipher_suite"));
            UnverifiedKeyPackage keyPackage = UnverifiedKeyPackage.Parse(item.Hex("key_package")).Value;
            UnverifiedWelcome welcome = UnverifiedWelcome.Parse(item.Hex("welcome")).Value;
            Assert.True(welcome.TryFind(suite.KeyPackageRef(keyPackage.Encoded.Span), out HpkeCiphertext encrypted));
            byte[] secrets = suite.DecryptWithLabel(
                item.Hex("init_priv"), keyPackage.InitKey.Span, "Welcome"u8, welcome.EncryptedGroupInfo.Span,
                encrypted)!;
            Codec.MlsReader reader = new(secrets);
            Assert.True(GroupSecrets.TryRead(ref reader, out GroupSecrets group) && reader.AtEnd);
            byte[] member = Schedule.KeySchedule.MemberSecret(suite, group.JoinerSecret.Span, suite.Zeros);
            (byte[] key, byte[] nonce) = Schedule.KeySchedule.WelcomeKey(suite, member);
            byte[] plaintext = new byte[welcome.EncryptedGroupInfo.Length - AeadCipher.TagSize];
            Assert.True(AeadCipher.TryOpen(suite.Aead, key, nonce, default, welcome.EncryptedGroupInfo.Span,
                plaintext));
            reader = new Codec.MlsReader(plaintext);
            Assert.True(UnverifiedGroupInfo.TryRead(ref reader, out UnverifiedGroupInfo info) && reader.AtEnd);
            Assert.True(info.VerifySignature(suite, item.Hex("signer_pub")));
            byte[] epochSecret = Schedule.KeySchedule.EpochSecret(suite, member, info.Context.Encoded);
            byte[] confirmationKey = suite.DeriveSecret(epochSecret, "confirm"u8);
            Assert.True(suite.VerifyMac(confirmationKey, info.Context.ConfirmedTranscriptHash.Span,
                info.ConfirmationTag.Span));
        }
    }

    private static void Follow(JsonElement item)
    {
        CipherSuite id = (CipherSuite)item.UInt("cipher_suite");
        Suite suite = Suite.Require(id);
        UnverifiedKeyPackage keyPackage = UnverifiedKeyPackage.Parse(item.Hex("key_package")).Value;
        byte[] initKey = Padded(suite, item.Hex("init_priv"));
        byte[] leafKey = Padded(suite, item.Hex("encryption_priv"));
        CheckPair(suite, initKey, keyPackage.InitKey);
        CheckPair(suite, leafKey, keyPackage.Leaf.EncryptionKey);
        MlsIdentity identity = MlsIdentity.Import(id, item.Hex("signature_priv"), keyPackage.Leaf.Credential);
        Assert.Equal(keyPackage.Leaf.SignatureKey.ToArray(), identity.PublicKey.ToArray());

        TestPsks psks = new();
        foreach (JsonElement psk in item.GetProperty("external_psks").EnumerateArray())
            psks.Keys[Convert.ToHexString(psk.Hex("psk_id"))] = psk.Hex("psk");
        MemoryGroupStore store = new();
        byte[] reference = suite.KeyPackageRef(keyPackage.Encoded.Span);
        KeyPackageRecord record = new(keyPackage, initKey, leafKey, lastResort: false);
        store.Write([new StoreChange(StoreKeys.KeyPackage(reference), record.ToBytes())]);
        // The histories were recorded years ago, with lifetimes of any length.
        GroupPolicy policy =
            new() { CheckReceivedLifetimes = false, MaxLeafLifetime = TimeSpan.MaxValue, ResumptionEpochs = 1000 };
        TestClient client = new("listener", id, policy, store, psks: psks, identity: identity);
        client.Validator.Successor = (_, _) => true;
        client.Validator.External = true;

        byte[]? tree = item.GetProperty("ratchet_tree").ValueKind == JsonValueKind.Null ? null
            : item.Hex("ratchet_tree");
        ReadOnlyMemory<byte>? supplied = tree is null ? null : tree;
        Group group = client.Join(item.Hex("welcome"), supplied);
        Assert.Equal(item.Hex("initial_epoch_authenticator"), group.EpochAuthenticator.ToArray());
        foreach (JsonElement epoch in item.GetProperty("epochs").EnumerateArray())
        {
            foreach (JsonElement proposal in epoch.GetProperty("proposals").EnumerateArray())
            {
                MlsResult<Outcome> stored = group.Process(proposal.Hex());
                Assert.True(stored.IsOk, stored.Error.ToString());
                Assert.IsType<Outcome.ProposalStored>(stored.Value);
            }
            MlsResult<Outcome> outcome = group.Process(epoch.Hex("commit"));
            Assert.True(outcome.IsOk, outcome.Error.ToString());
            group.Merge(Assert.IsType<Outcome.CommitStaged>(outcome.Value).Commit);
            Assert.Equal(epoch.Hex("epoch_authenticator"), group.EpochAuthenticator.ToArray());
        }
    }

    // Some files lost the leading zeros of P-521 scalars.
    private static byte[] Padded(Suite suite, byte[] key) =>
        [.. new byte[suite.Kem.PrivateKeySize - key.Length], .. key];

    private static void CheckPair(Suite suite, byte[] privateKey, ReadOnlyMemory<byte> publicKey)
    {
        byte[] derived = new byte[suite.Kem.PublicKeySize];
        Assert.True(suite.Kem.TryGetPublicKey(privateKey, derived));
        Assert.Equal(publicKey.ToArray(), derived);
    }
}
