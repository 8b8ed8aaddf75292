using System.Text.RegularExpressions;
using Google.Protobuf;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Rpc.Tests;

/// <summary>docs/reference/client-server.md says what the code does.</summary>
public partial class PageTests
{
    private static readonly string Page = File.ReadAllText(Repository.File("docs", "reference", "client-server.md"));

    [Fact]
    public void The_frames_of_the_page_are_those_of_the_codec()
    {
        Assert.Equal(Hex("request"), Request(RpcMethod.Health, 1, new HealthRequest()));
        byte[] failure = new Failure { Message = "no", RetryAfterMs = 5 }.ToByteArray(),
            answer = new byte[FrameCodec.ResponseHeaderSize];
        FrameCodec.Write(new ResponseHeader(RpcStatus.RateLimited, 1, (uint)failure.Length), answer);
        Assert.Equal(Hex("answer "), (byte[])[.. answer, .. failure]);
        EnqueueRequest enqueue =
            new() { RecipientKey = Counting(32), Payload = ByteString.CopyFromUtf8("hello"), MessageId = Counting(16) };
        Assert.Equal(Hex("enqueue"), Request(RpcMethod.Enqueue, 2, enqueue));
    }

    [Fact]
    public void Each_status_and_each_method_is_on_the_page()
    {
        Assert.All(Enum.GetValues<RpcMethod>(), m => Assert.Matches($@"(?m)^\|.*\b{(ushort)m} {m}\b", Page));
        Assert.All(Enum.GetValues<RpcStatus>(),
            s => Assert.Matches($@"(?m)^\| {(byte)s} \| {Words(s.ToString())} \|", Page));
    }

    private static string Words(string name) => CapitalInside().Replace(name, " $1").ToLowerInvariant();

    private static byte[] Request(RpcMethod method, uint id, IMessage message)
    {
        byte[] payload = message.ToByteArray(), header = new byte[FrameCodec.RequestHeaderSize];
        FrameCodec.Write(new RequestHeader(method, id, (uint)payload.Length), header);
        return [.. header, .. payload];
    }

    private static byte[] Hex(string label) =>
        Convert.FromHexString(Regex.Match(Page, $"(?m)^{label} ([0-9a-f]+)$").Groups[1].Value);

    private static ByteString Counting(int length) =>
        ByteString.CopyFrom([.. Enumerable.Range(1, length).Select(i => (byte)i)]);

    [GeneratedRegex("(?<!^)([A-Z])")]
    private static partial Regex CapitalInside();
}
