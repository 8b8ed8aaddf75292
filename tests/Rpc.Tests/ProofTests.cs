using Google.Protobuf;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Rpc.Tests;

public class ProofTests
{
    private readonly LocalIdentity _server = LocalIdentity.FromSeed(new byte[32]);

    [Fact]
    public void A_delivery_proof_holds_for_its_message_alone()
    {
        EnqueueRequest request = Request();
        byte[] proof = DeliveryProof.Sign(_server, request, 7, 1234);
        Assert.Equal(DeliveryProof.Size, proof.Length);
        Assert.True(DeliveryProof.TryVerify(proof, _server.PublicKey.Span, request, out DeliveryProof verified));
        Assert.Equal((7UL, 1234UL), (verified.Sequence, verified.TimeMs));
        EnqueueRequest[] others =
        [
            Other(r => r.Payload = ByteString.CopyFromUtf8("other")),
            Other(r => r.MessageId = ByteString.CopyFrom(new byte[16])),
            Other(r => r.RecipientKey = ByteString.CopyFrom(new byte[32])),
            Other(r => r.ChannelId = ByteString.Empty),
        ];
        Assert.All(others, o => Assert.False(DeliveryProof.TryVerify(proof, _server.PublicKey.Span, o, out _)));
        using LocalIdentity another = LocalIdentity.Generate();
        Assert.False(DeliveryProof.TryVerify(proof, another.PublicKey.Span, request, out _));
    }

    [Fact]
    public void A_delivery_proof_cut_or_altered_anywhere_does_not_hold()
    {
        EnqueueRequest request = Request();
        byte[] proof = DeliveryProof.Sign(_server, request, 7, 1234);
        for (int length = 0; length < proof.Length; length++)
            Assert.False(DeliveryProof.TryVerify(proof.AsSpan(0, length), _server.PublicKey.Span, request, out _));
        for (int at = 0; at < proof.Length; at++)
        {
            byte[] altered = [.. proof];
            altered[at] ^= 1;
            Assert.False(DeliveryProof.TryVerify(altered, _server.PublicKey.Span, request, out _));
        }
    }

    [Fact]
    public void A_registration_proof_holds_for_one_name_one_record_and_one_server()
    {
        using LocalIdentity identity = LocalIdentity.Generate();
        byte[] serverKey = _server.PublicKey.ToArray(), key = identity.PublicKey.ToArray(), record = [1, 2, 3];
        byte[] proof = RegistrationProof.Sign(identity, serverKey, "alice", record);
        Assert.True(RegistrationProof.Verify(proof, key, serverKey, "alice", record));
        Assert.False(RegistrationProof.Verify(proof, key, serverKey, "bob", record));
        Assert.False(RegistrationProof.Verify(proof, key, serverKey, "alice", [1, 2]));
        Assert.False(RegistrationProof.Verify(proof, key, key, "alice", record));
        Assert.False(RegistrationProof.Verify(proof, serverKey, serverKey, "alice", record));
        Assert.False(RegistrationProof.Verify(proof.AsSpan(1), key, serverKey, "alice", record));
    }

    [Theory]
    [InlineData("alice", true)]
    [InlineData("a.b-c_9", true)]
    [InlineData("9", true)]
    [InlineData("", false)]
    [InlineData("Alice", false)]
    [InlineData(".alice", false)]
    [InlineData("al ice", false)]
    [InlineData("alice@x", false)]
    [InlineData("аlice", false)]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdef", true)]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefg", false)]
    public void Names_are_plain(string name, bool valid) => Assert.Equal(valid, Username.IsValid(name));

    private static EnqueueRequest Other(Action<EnqueueRequest> change)
    {
        EnqueueRequest request = Request();
        change(request);
        return request;
    }

    private static EnqueueRequest Request() => new()
    {
        RecipientKey = ByteString.CopyFrom([.. Enumerable.Range(1, 32).Select(i => (byte)i)]),
        ChannelId = ByteString.CopyFrom([.. Enumerable.Range(1, 16).Select(i => (byte)i)]),
        MessageId = ByteString.CopyFrom([.. Enumerable.Range(9, 16).Select(i => (byte)i)]),
        Payload = ByteString.CopyFromUtf8("payload"),
    };
}
