using System.Security.Cryptography;
using System.Text;

namespace QuicProChat.Mesh.Identity.Tests;

public sealed class SealerTests : IDisposable
{
    private static readonly byte[] Content = [1, 0, 0, 0, 0];

    private readonly LocalIdentity _alice = LocalIdentity.FromSeed([.. Enumerable.Repeat((byte)1, 32)]);
    private readonly LocalIdentity _bob = LocalIdentity.FromSeed([.. Enumerable.Repeat((byte)2, 32)]);
    private readonly Sealer _sealer;
    private readonly Sealer _opener;

    public SealerTests()
    {
        _sealer = new Sealer(_alice, Seeded(1));
        _opener = new Sealer(_bob, Seeded(2));
    }

    private SealContext ToBob => new(0x10, 0x05, _bob.Address);

    public void Dispose()
    {
        _sealer.Dispose();
        _opener.Dispose();
        _alice.Dispose();
        _bob.Dispose();
    }

    [Fact]
    public void A_message_opens_with_sender_content_and_the_same_receipt_key()
    {
        for (int round = 0; round < 3; round++)
        {
            byte[] payload = Seal("hello", out byte[] sendersKey);
            byte[] buffer = new byte[payload.Length], receiversKey = new byte[32];
            Assert.True(_opener.TryOpen(ToBob, payload, buffer, receiversKey, out OpenedMessage message,
                out OpenFailure failure));
            Assert.Equal(OpenFailure.None, failure);
            Assert.Equal(_alice.Address, message.Sender);
            Assert.True(message.SenderPublicKey.SequenceEqual(_alice.PublicKey.Span));
            Assert.Equal(1, message.Content[0] & 0x7F);
            Assert.Equal("hello", Encoding.UTF8.GetString(message.Content[5..]));
            Assert.Equal(sendersKey, receiversKey);
        }
    }

    [Fact]
    public void Sealing_adds_96_bytes()
    {
        Assert.Equal(96, Sealer.Overhead);
        Assert.Equal(5 + 5 + 96, Seal("hello", out _).Length);
    }

    [Fact]
    public void The_same_message_sealed_twice_shares_no_bytes_that_a_relay_could_compare()
    {
        byte[] first = Seal("hello", out byte[] firstKey), second = Seal("hello", out byte[] secondKey);
        Assert.NotEqual(first[..32], second[..32]);
        Assert.NotEqual(first[32..80], second[32..80]);
        Assert.NotEqual(firstKey, secondKey);
    }

    [Fact]
    public void Identities_of_either_sign_are_recovered_from_their_X25519_key()
    {
        bool sawNegative = false, sawPositive = false;
        for (byte i = 0; i < 20; i++)
        {
            using LocalIdentity sender = LocalIdentity.FromSeed([.. Enumerable.Repeat(i, 32)]);
            using Sealer sealer = new(sender, Seeded(i));
            byte[] payload = new byte[Sealer.Overhead + 5];
            Assert.True(sealer.TrySeal(ToBob, _bob.PublicKey.Span, Content, payload, new byte[32]));
            Assert.True(_opener.TryOpen(ToBob, payload, new byte[payload.Length], new byte[32],
                out OpenedMessage message, out _));
            Assert.Equal(sender.Address, message.Sender);
            sawNegative |= (sender.PublicKey.Span[31] & 0x80) != 0;
            sawPositive |= (sender.PublicKey.Span[31] & 0x80) == 0;
        }

        Assert.True(sawNegative && sawPositive);
    }

    [Fact]
    public void Every_altered_byte_is_refused()
    {
        byte[] payload = Seal("hello", out _);
        for (int i = 0; i < payload.Length; i++)
        {
            payload[i] ^= 0x40;
            Assert.False(TryOpen(ToBob, payload, out OpenFailure failure));
            Assert.Equal(OpenFailure.NotAuthentic, failure);
            payload[i] ^= 0x40;
        }

        Assert.True(TryOpen(ToBob, payload, out _));
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] payload = Seal("hello", out _);
        for (int length = 0; length < payload.Length; length++)
        {
            Assert.False(TryOpen(ToBob, payload[..length], out OpenFailure failure));
            Assert.Equal(length <= Sealer.Overhead ? OpenFailure.Malformed : OpenFailure.NotAuthentic, failure);
        }
    }

    [Fact]
    public void The_immutable_fields_of_the_envelope_are_bound_and_the_mutable_ones_are_not()
    {
        byte[] payload = Seal("hello", out _);
        Assert.False(TryOpen(ToBob with { VersionAndKind = 0x11 }, payload, out _));
        Assert.False(TryOpen(ToBob with { Flags = 0x04 }, payload, out _));
        Assert.False(TryOpen(ToBob with { Destination = _alice.Address }, payload, out _));
        Assert.True(TryOpen(ToBob with { Flags = 0x35 }, payload, out _));
    }

    [Fact]
    public void Somebody_else_cannot_open_it()
    {
        using LocalIdentity eve = LocalIdentity.FromSeed([.. Enumerable.Repeat((byte)3, 32)]);
        using Sealer opener = new(eve);
        byte[] payload = Seal("hello", out _);
        Assert.False(opener.TryOpen(ToBob, payload, new byte[payload.Length], new byte[32], out _,
            out OpenFailure failure));
        Assert.Equal(OpenFailure.NotAuthentic, failure);
    }

    [Fact]
    public void A_receiver_key_that_is_no_curve_point_is_refused()
    {
        byte[] noPoint = new byte[32];
        noPoint[0] = 2;
        Assert.False(_sealer.TrySeal(ToBob, noPoint, Content, new byte[Sealer.Overhead + 5], new byte[32]));
    }

    [Fact]
    public void More_peers_than_are_remembered_still_get_through()
    {
        using Sealer small = new(_bob, Seeded(5), peers: 2);
        for (int round = 0; round < 2; round++)
        {
            for (byte i = 10; i < 15; i++)
            {
                using LocalIdentity sender = LocalIdentity.FromSeed([.. Enumerable.Repeat(i, 32)]);
                using Sealer sealer = new(sender, Seeded(i));
                byte[] payload = new byte[Sealer.Overhead + 5];
                Assert.True(sealer.TrySeal(ToBob, _bob.PublicKey.Span, Content, payload, new byte[32]));
                Assert.True(small.TryOpen(ToBob, payload, new byte[payload.Length], new byte[32],
                    out OpenedMessage message, out _));
                Assert.Equal(sender.Address, message.Sender);
            }
        }
    }

    // Sealed by an implementation of the pattern in Python over python3-cryptography, from docs/reference/protocol.md
    // 4.1 and 4.2.
    [Fact]
    public void An_independently_sealed_message_opens_and_proves()
    {
        byte[] payload = Convert.FromHexString(IndependentVector.Payload);
        byte[] key = new byte[32];
        Assert.True(_opener.TryOpen(ToBob, payload, new byte[payload.Length], key, out OpenedMessage message, out _));
        Assert.Equal(_alice.Address, message.Sender);
        Assert.Equal("from elsewhere", Encoding.UTF8.GetString(message.Content[5..]));
        byte[] labelled = [.. "qpc-mesh/1 receipt"u8, .. Convert.FromHexString(IndependentVector.Id)];
        byte[] proof = HMACSHA256.HashData(key, labelled);
        Assert.Equal(IndependentVector.Proof, Convert.ToHexStringLower(proof.AsSpan(0, 24)));
    }

    private static RandomFill Seeded(int seed)
    {
        Random random = new(seed);
        return destination => random.NextBytes(destination);
    }

    private byte[] Seal(string text, out byte[] receiptKey)
    {
        byte[] content = [0x01, 0, 0, 0x30, 0x39, .. Encoding.UTF8.GetBytes(text)],
            payload = new byte[content.Length + Sealer.Overhead];
        receiptKey = new byte[32];
        Assert.True(_sealer.TrySeal(ToBob, _bob.PublicKey.Span, content, payload, receiptKey));
        return payload;
    }

    private bool TryOpen(SealContext context, byte[] payload, out OpenFailure failure) =>
        _opener.TryOpen(context, payload, new byte[Math.Max(1, payload.Length)], new byte[32], out _, out failure);
}
