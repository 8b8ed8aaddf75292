using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Direct;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Tests;

public sealed class DirectArrivalTests
{
    [Theory]
    [InlineData(DirectConversations.MaxTextBytes, true)]
    [InlineData(DirectConversations.MaxTextBytes + 1, false)]
    [InlineData(65_000, false)]
    public void A_text_that_no_node_sends_is_refused_though_an_envelope_could_carry_it(int bytes, bool isTaken)
    {
        using LocalIdentity alice = LocalIdentity.Generate(), bob = LocalIdentity.Generate();
        using var from = new Sealer(alice);
        using var to = new Sealer(bob);
        byte[] body = new byte[bytes];
        Array.Fill(body, (byte)'x');
        byte[] content = new byte[SealedContent.SizeOf(bytes, 1)];
        SealedContent.Write(content, ContentType.Content, keySign: false, 1, 1, body);
        var header = new EnvelopeHeader(EnvelopeKind.Sealed, Priority.Normal, true, 0, 16, 8640, bob.Address);
        byte[] envelope = new byte[EnvelopeHeader.Size + content.Length + Sealer.Overhead];
        header.Write(envelope);
        Span<byte> payload = envelope.AsSpan(EnvelopeHeader.Size);
        Assert.True(from.TrySeal(SealContext.Of(envelope), bob.PublicKey.Span, content, payload,
            new byte[Sealer.ReceiptKeySize]));
        Assert.True(Envelope.TryRead(envelope, out Envelope view));

        var arrival = new DirectArrival(to, 1, view.ComputeId(), view.Header, view.Payload);
        arrival.Open(DateTimeOffset.UnixEpoch);

        Assert.Equal(isTaken ? bytes : null, arrival.Content?.Text.Length);
    }
}
