using System.Text;

namespace QuicProChat.Mesh.Node.Page;

/// <summary>
/// The head of an HTTP/1.1 request (RFC 9112, sections 2 to 5), as strictly as that allows: what two readers could read
/// in two ways is refused. Requests with a body are none of the page's.
/// <code>
/// method SP target SP HTTP/1.1 CRLF
/// name: value CRLF ...
/// CRLF
/// </code>
/// </summary>
internal readonly ref struct HttpHead
{
    /// <summary>Bytes of a head at most; browsers send less than one kilobyte.</summary>
    internal const int MaxBytes = 8 << 10;

    /// <summary>Header lines at most; arbitrary, browsers send some twenty.</summary>
    private const int MaxHeaders = 64;

    private HttpHead(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target)
    {
        Method = method;
        Target = target;
    }

    internal static ReadOnlySpan<byte> End => "\r\n\r\n"u8;

    internal ReadOnlySpan<byte> Method { get; }

    /// <summary>A path with its query.</summary>
    internal ReadOnlySpan<byte> Target { get; }

    /// <summary>Which machine was meant.</summary>
    internal ReadOnlySpan<byte> Host { get; private init; }

    /// <summary>The page that asks; empty where the browser did not say.</summary>
    internal ReadOnlySpan<byte> Origin { get; private init; }

    internal ReadOnlySpan<byte> Upgrade { get; private init; }

    internal ReadOnlySpan<byte> Connection { get; private init; }

    internal ReadOnlySpan<byte> IfNoneMatch { get; private init; }

    /// <summary>Sec-WebSocket-Key (RFC 6455, section 11.3.1).</summary>
    internal ReadOnlySpan<byte> SocketKey { get; private init; }

    /// <summary>Sec-WebSocket-Version (RFC 6455, section 11.3.5).</summary>
    internal ReadOnlySpan<byte> SocketVersion { get; private init; }

    /// <summary>Something follows the head that belongs to the request.</summary>
    internal bool HasBody { get; private init; }

    /// <summary>Reads a head.</summary>
    /// <param name="bytes">All of it, with the empty line at its end.</param>
    /// <param name="head">The head.</param>
    /// <returns>0, or the status that says what is wrong.</returns>
    internal static int TryRead(ReadOnlySpan<byte> bytes, out HttpHead head)
    {
        head = default;
        int end = bytes.IndexOf("\r\n"u8);
        if (end < 0)
            return 400;
        ReadOnlySpan<byte> line = bytes[..end];
        int first = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first + 1 || line.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            return 400;
        ReadOnlySpan<byte> target = line[(first + 1)..last];
        if (target.Contains((byte)' ') || target[0] != '/')
            return 400;
        if (!line[(last + 1)..].SequenceEqual("HTTP/1.1"u8))
            return line[(last + 1)..].StartsWith("HTTP/"u8) ? 505 : 400;
        return TryReadHeaders(bytes[(end + 2)..], new HttpHead(line[..first], target), out head) ? 0 : 400;
    }

    private static bool TryReadHeaders(ReadOnlySpan<byte> rest, HttpHead head, out HttpHead whole)
    {
        whole = default;
        ReadOnlySpan<byte> host = default, origin = default, upgrade = default, connection = default;
        ReadOnlySpan<byte> match = default, key = default, version = default;
        bool hasHost = false, hasOrigin = false, hasBody = false;
        for (int count = 0; ; count++)
        {
            int end = rest.IndexOf("\r\n"u8);
            if (end < 0 || count > MaxHeaders)
                return false;
            if (end == 0)
                break;
            ReadOnlySpan<byte> line = rest[..end];
            rest = rest[(end + 2)..];
            int colon = line.IndexOf((byte)':');
            // No folded lines and no blank before the colon (section 5.1), and no control character anywhere.
            if (colon <= 0 || line[..colon].ContainsAnyExceptInRange((byte)'!', (byte)'~') || HasControl(line))
                return false;
            ReadOnlySpan<byte> name = line[..colon];
            ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
            if (Is(name, "host"u8))
            {
                if (hasHost)
                    return false;
                host = value;
                hasHost = true;
            }
            else if (Is(name, "origin"u8))
            {
                if (hasOrigin)
                    return false;
                origin = value;
                hasOrigin = true;
            }
            else if (Is(name, "content-length"u8))
            {
                hasBody |= !value.SequenceEqual("0"u8);
            }
            else if (Is(name, "transfer-encoding"u8))
            {
                hasBody = true;
            }
            else if (Is(name, "upgrade"u8))
            {
                upgrade = value;
            }
            else if (Is(name, "connection"u8))
            {
                connection = value;
            }
            else if (Is(name, "if-none-match"u8))
            {
                match = value;
            }
            else if (Is(name, "sec-websocket-key"u8))
            {
                key = value;
            }
            else if (Is(name, "sec-websocket-version"u8))
            {
                version = value;
            }
        }

        whole = new HttpHead(head.Method, head.Target)
        {
            Host = host,
            Origin = origin,
            Upgrade = upgrade,
            Connection = connection,
            IfNoneMatch = match,
            SocketKey = key,
            SocketVersion = version,
            HasBody = hasBody,
        };
        return hasHost;
    }

    /// <summary>Whether a list of words, such as that of <c>Connection</c>, has one.</summary>
    internal static bool HasWord(ReadOnlySpan<byte> list, ReadOnlySpan<byte> word)
    {
        while (!list.IsEmpty)
        {
            int comma = list.IndexOf((byte)',');
            if (Is((comma < 0 ? list : list[..comma]).Trim(" \t"u8), word))
                return true;
            list = comma < 0 ? default : list[(comma + 1)..];
        }

        return false;
    }

    private static bool HasControl(ReadOnlySpan<byte> line)
    {
        foreach (byte b in line)
        {
            if (b is < 0x20 and not (byte)'\t' or 0x7F)
                return true;
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => Ascii.EqualsIgnoreCase(text, lower);
}
