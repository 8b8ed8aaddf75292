using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// IP addresses as operators write them, and nothing else. The runtime's own parser takes much more for an address:
/// <c>4711</c> is 0.0.18.103 to it, and 010.0.0.1 begins with an eight.
/// </summary>
public static class IpText
{
    /// <summary>What is taken, for error messages.</summary>
    public const string Form = "four numbers from 0 to 255 with dots between them, or an IPv6 address";

    /// <summary>Reads an address: four decimal numbers, or IPv6 with an optional zone.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.Contains(':'))
        {
            if (text.ContainsAny("[]/") || !IPAddress.TryParse(text, out IPAddress? parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
                return false;
            address = parsed;
            return true;
        }

        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < bytes.Length; i++)
        {
            int dot = text.IndexOf('.');
            if ((dot < 0) != (i == bytes.Length - 1) || !TryParseByte(dot < 0 ? text : text[..dot], out bytes[i]))
                return false;
            text = dot < 0 ? [] : text[(dot + 1)..];
        }

        address = new IPAddress(bytes);
        return true;
    }

    /// <summary>Reads <c>address:port</c>, IPv6 in brackets, a port from 1 to 65535.</summary>
    public static bool TryParseEndpoint(ReadOnlySpan<char> text, out IPEndPoint endpoint)
    {
        endpoint = new IPEndPoint(IPAddress.None, 0);
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !TryParsePort(text[(colon + 1)..], out int port) || port == 0)
            return false;
        ReadOnlySpan<char> host = text[..colon];
        bool isBracketed = host.StartsWith("[") && host.EndsWith("]");
        if (isBracketed)
            host = host[1..^1];
        if (isBracketed != host.Contains(':') || !TryParse(host, out IPAddress address))
            return false;
        endpoint = new IPEndPoint(address, port);
        return true;
    }

    /// <summary>Reads a port from 0 to 65535: digits, and nothing before or behind them.</summary>
    public static bool TryParsePort(ReadOnlySpan<char> text, out int port)
    {
        port = 0;
        if (text.Length is 0 or > 5 || text.ContainsAnyExceptInRange('0', '9') || (text.Length > 1 && text[0] == '0'))
            return false;
        port = int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        return port <= ushort.MaxValue;
    }

    /// <summary>Tells whether a host means an address by its form (its last part is a number), so that it must be a proper one.</summary>
    internal static bool LooksLikeAddress(ReadOnlySpan<char> host)
    {
        ReadOnlySpan<char> last = host[(host.LastIndexOf('.') + 1)..];
        return last.Length > 0 && (!last.ContainsAnyExceptInRange('0', '9') || last.StartsWith("0x", StringComparison.OrdinalIgnoreCase));
    }

    private static bool TryParseByte(ReadOnlySpan<char> text, out byte value)
    {
        value = 0;
        return text.Length is > 0 and <= 3 && !text.ContainsAnyExceptInRange('0', '9') && (text.Length == 1 || text[0] != '0')
            && byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
