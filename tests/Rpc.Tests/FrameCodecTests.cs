using Google.Protobuf;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Rpc.Tests;

public class FrameCodecTests
{
    [Fact]
    public void Headers_have_the_bytes_of_the_page()
    {
        byte[] request = new byte[FrameCodec.RequestHeaderSize], response = new byte[FrameCodec.ResponseHeaderSize];
        FrameCodec.Write(new RequestHeader(RpcMethod.Enqueue, 0x01020304, 0x00000A0B), request);
        FrameCodec.Write(new ResponseHeader(RpcStatus.RateLimited, 0x01020304, 0x00000A0B), response);
        Assert.Equal("00c80102030400000a0b", Convert.ToHexStringLower(request));
        Assert.Equal("070102030400000a0b", Convert.ToHexStringLower(response));
    }

    [Fact]
    public void A_frame_that_is_cut_or_longer_than_it_says_is_none()
    {
        byte[] request = [.. Header(RpcMethod.Ack, 7, 5), 1, 2, 3, 4, 5],
            response = [.. Header(RpcStatus.Ok, 7, 5), 1, 2, 3, 4, 5];
        Assert.True(FrameCodec.TryReadWhole(request, out RequestHeader asked, out ReadOnlyMemory<byte> payload));
        Assert.Equal(new RequestHeader(RpcMethod.Ack, 7, 5), asked);
        Assert.Equal(new byte[] { 1, 2, 3, 4, 5 }, payload.ToArray());
        Assert.True(FrameCodec.TryReadWhole(response, out ResponseHeader answered, out payload));
        Assert.Equal(new ResponseHeader(RpcStatus.Ok, 7, 5), answered);
        for (int length = 0; length < request.Length; length++)
            Assert.False(FrameCodec.TryReadWhole(request.AsMemory(0, length), out RequestHeader _, out _));
        for (int length = 0; length < response.Length; length++)
            Assert.False(FrameCodec.TryReadWhole(response.AsMemory(0, length), out ResponseHeader _, out _));
        Assert.False(FrameCodec.TryReadWhole((byte[])[.. request, 0], out RequestHeader _, out _));
        Assert.False(FrameCodec.TryReadWhole((byte[])[.. response, 0], out ResponseHeader _, out _));
    }

    [Theory]
    [InlineData(FrameCodec.MaxPayload + 1)]
    [InlineData(uint.MaxValue)]
    public void A_length_beyond_the_limit_is_refused_before_anything_is_taken(uint length)
    {
        Assert.False(FrameCodec.TryReadWhole(Header(RpcMethod.Ack, 1, length), out RequestHeader _, out _));
        Assert.False(FrameCodec.TryReadWhole(Header(RpcStatus.Ok, 1, length), out ResponseHeader _, out _));
    }

    [Fact]
    public void Messages_that_are_cut_or_altered_anywhere_are_read_or_refused_and_throw_nothing()
    {
        IMessage[] messages =
        [
            new EnqueueRequest { RecipientKey = Bytes(32), Payload = Bytes(40), ChannelId = Bytes(16), TtlSecs = 70,
                MessageId = Bytes(16) },
            new BatchEnqueueRequest { Items = { new EnqueueRequest { Payload = Bytes(9) }, new EnqueueRequest() },
                GroupId = Bytes(16), Epoch = 300 },
            new FetchResponse { Payloads = { new Envelope { Seq = 9, Data = Bytes(20) } }, OldestSeq = 2,
                NewestSeq = 9 },
            new OpaqueRegisterFinishRequest { Username = "alice", Upload = Bytes(192), IdentityKey = Bytes(32),
                Invite = "abc" },
            new Failure { Message = "no", RetryAfterMs = 5, Epoch = 7 },
            new Event { Type = 1, Body = Bytes(3) },
        ];
        int refused = 0;
        foreach (IMessage message in messages)
        {
            byte[] bytes = message.ToByteArray();
            for (int length = 0; length < bytes.Length; length++)
                refused += TryAll(bytes.AsMemory(0, length));
            for (int at = 0; at < bytes.Length; at++)
            {
                for (int bit = 0; bit < 8; bit++)
                {
                    byte[] altered = [.. bytes];
                    altered[at] ^= (byte)(1 << bit);
                    refused += TryAll(altered);
                }
            }
        }

        Assert.True(refused > 1000, $"{refused} were refused");
    }

    [Fact]
    public void A_message_that_nests_without_end_is_refused()
    {
        // Groups in an unknown field: 03 begins one.
        byte[] nested = new byte[1_000_000];
        Array.Fill<byte>(nested, 0x1B);
        Assert.False(Messages.TryParse(EnqueueRequest.Parser, nested, out _));
    }

    private static int TryAll(ReadOnlyMemory<byte> bytes)
    {
        bool[] read =
        [
            Messages.TryParse(EnqueueRequest.Parser, bytes, out _),
            Messages.TryParse(BatchEnqueueRequest.Parser, bytes, out _),
            Messages.TryParse(FetchResponse.Parser, bytes, out _),
            Messages.TryParse(OpaqueRegisterFinishRequest.Parser, bytes, out _),
            Messages.TryParse(Failure.Parser, bytes, out _), Messages.TryParse(Event.Parser, bytes, out _),
        ];
        return read.Count(r => !r);
    }

    private static ByteString Bytes(int length) =>
        ByteString.CopyFrom([.. Enumerable.Range(1, length).Select(i => (byte)i)]);

    private static byte[] Header(RpcMethod method, uint id, uint length)
    {
        byte[] header = new byte[FrameCodec.RequestHeaderSize];
        FrameCodec.Write(new RequestHeader(method, id, length), header);
        return header;
    }

    private static byte[] Header(RpcStatus status, uint id, uint length)
    {
        byte[] header = new byte[FrameCodec.ResponseHeaderSize];
        FrameCodec.Write(new ResponseHeader(status, id, length), header);
        return header;
    }
}
