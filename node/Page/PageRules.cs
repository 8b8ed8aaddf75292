using System.Net;
using System.Security.Cryptography;
using System.Text;
using QuicProChat.Mesh.Transports;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>How a request is answered: a pure function of its head.</summary>
internal static class PageRules
{
    /// <summary>Where the page opens its WebSocket.</summary>
    private const string SocketPath = "/socket";

    /// <summary>Characters of 16 bytes in base64 (RFC 6455, section 4.1).</summary>
    private const int SocketKeyLength = 24;

    /// <summary>RFC 6455, section 1.3.</summary>
    private static ReadOnlySpan<byte> SocketGuid => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <summary>Answers a request.</summary>
    /// <param name="bytes">The head of the request, with its end.</param>
    internal static PageAnswer Answer(ReadOnlySpan<byte> bytes)
    {
        if (HttpHead.TryRead(bytes, out HttpHead head) is var status and not 0)
            return PageAnswer.Of(status);
        // A name that somebody else made to point here is not this machine's: DNS rebinding.
        if (!IsLoopback(head.Host))
            return PageAnswer.Of(421);
        if (head.HasBody)
            return PageAnswer.Of(413);
        bool isHead = head.Method.SequenceEqual("HEAD"u8);
        if (!isHead && !head.Method.SequenceEqual("GET"u8))
            return PageAnswer.Of(405, "Allow: GET, HEAD\r\n");
        if (!head.Origin.IsEmpty && !IsOwn(head.Origin, head.Host))
            return PageAnswer.Of(403);
        string path = PathOf(head.Target);
        if (path == SocketPath)
            return Upgrade(head);
        if (!PageFiles.All.TryGetValue(path, out PageFile? file))
            return PageAnswer.Of(404);
        PageAnswer answer = HttpHead.HasWord(head.IfNoneMatch, Encoding.ASCII.GetBytes(file.Tag))
            ? PageAnswer.Unchanged(file)
            : PageAnswer.Of(file, withBody: !isHead);
        return answer with { KeepsAlive = !HttpHead.HasWord(head.Connection, "close"u8) };
    }

    private static PageAnswer Upgrade(in HttpHead head)
    {
        // Every browser says which page opens a WebSocket; what says nothing is no page.
        if (head.Origin.IsEmpty)
            return PageAnswer.Of(403);
        if (!HttpHead.HasWord(head.Upgrade, "websocket"u8) || !HttpHead.HasWord(head.Connection, "upgrade"u8)
            || !head.SocketVersion.SequenceEqual("13"u8) || !head.Method.SequenceEqual("GET"u8))
            return PageAnswer.Of(426, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
        if (head.SocketKey.Length != SocketKeyLength)
            return PageAnswer.Of(400);
        Span<byte> challenge = stackalloc byte[SocketKeyLength + SocketGuid.Length];
        head.SocketKey.CopyTo(challenge);
        SocketGuid.CopyTo(challenge[SocketKeyLength..]);
#pragma warning disable CA5350 // RFC 6455, section 4.2.2: no secret, it shows that the request was read.
        string proof = Convert.ToBase64String(SHA1.HashData(challenge));
#pragma warning restore CA5350
        return new PageAnswer(
            101, $"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {proof}\r\n", default);
    }

    private static string PathOf(ReadOnlySpan<byte> target)
    {
        int query = target.IndexOf((byte)'?');
        return Encoding.ASCII.GetString(query < 0 ? target : target[..query]);
    }

    /// <summary>The page itself asks: its origin is this host, over plain HTTP.</summary>
    private static bool IsOwn(ReadOnlySpan<byte> origin, ReadOnlySpan<byte> host) =>
        origin.StartsWith("http://"u8) && Ascii.EqualsIgnoreCase(origin["http://"u8.Length..], host);

    /// <summary>
    /// A name of this machine for itself, with any port: through <c>ssh -L</c> the port is another one than that which
    /// is listened on.
    /// </summary>
    private static bool IsLoopback(ReadOnlySpan<byte> host)
    {
        int colon = host.LastIndexOf((byte)':');
        bool hasPort = colon >= 0 && (host[0] != '[' || host[..colon].EndsWith("]"u8));
        if (hasPort && (host.Length - colon - 1 is < 1 or > 5 || host[(colon + 1)..]
            .ContainsAnyExceptInRange((byte)'0', (byte)'9')))
            return false;
        ReadOnlySpan<byte> name = hasPort ? host[..colon] : host;
        if (Ascii.EqualsIgnoreCase(name, "localhost"u8))
            return true;
        string text = Encoding.ASCII.GetString(name);
        return IpText.TryParse(text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text, out IPAddress address)
            && text.StartsWith('[') == text.Contains(':', StringComparison.Ordinal) && IPAddress.IsLoopback(address);
    }
}
