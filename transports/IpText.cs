using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Transports;

/// <summary>
/// Reads addresses and ports as people should write them. The framework's readers also take <c>1</c>, <c>010.1</c> and
/// <c>0x7f.1</c> for IPv4 addresses, which no operator means.
/// </summary>
public static class IpText
{
    /// <summary>What is taken for an address, for error messages.</summary>
    public const string Form = "four numbers from 0 to 255 with dots between them, or an IPv6 address";

    // RFC 1035, section 2.3.4; linux/if.h.
    private const int MaxName = 253;
    private const int MaxLabel = 63;
    private const int MaxZone = 15;

    /// <summary>
    /// Reads an IPv4 address of four decimal numbers, or an IPv6 address (RFC 4291, section 2.2) without brackets. A
    /// zone (RFC 4007, section 11) goes with link-local addresses only; that of an interface that is not there reads as
    /// zone 0.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        if (!text.Contains(':'))
            return TryParseIPv4(text, out address);
        ReadOnlySpan<char> zone = default;
        int percent = text.IndexOf('%');
        if (percent >= 0)
        {
            zone = text[(percent + 1)..];
            text = text[..percent];
            if (zone.IsEmpty || zone.Length > MaxZone || zone.ContainsAnyExcept(Characters.Zone))
                return false;
        }

        int dot = text.IndexOf('.');
        if (text.ContainsAnyExcept(Characters.IPv6)
            || (dot >= 0 && !TryParseIPv4(text[(text[..dot].LastIndexOf(':') + 1)..], out _)))
            return false;
        if (!IPAddress.TryParse(text, out IPAddress? plain) || plain.AddressFamily != AddressFamily.InterNetworkV6)
            return false;
        if (percent < 0)
        {
            address = plain;
            return true;
        }

        if (!plain.IsIPv6LinkLocal || !IPAddress.TryParse($"{text}%{zone}", out IPAddress? zoned))
            return false;
        address = zoned;
        return true;
    }

    /// <summary>Reads a port: decimal digits without sign, blanks or leading zeros.</summary>
    public static bool TryParsePort(ReadOnlySpan<char> text, out int port)
    {
        port = 0;
        if (text.Length > 1 && text[0] == '0')
            return false;
        bool read = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number);
        port = number;
        return read;
    }

    /// <summary>Reads <c>address:port</c>, an IPv6 address in brackets, a port from 1 to 65535.</summary>
    public static bool TryParseEndpoint(ReadOnlySpan<char> text, out IPEndPoint endpoint)
    {
        endpoint = new IPEndPoint(IPAddress.None, 0);
        if (!TrySplit(text, out ReadOnlySpan<char> host, out ReadOnlySpan<char> port, out bool inBrackets)
            || inBrackets != host.Contains(':') || !TryParse(host, out IPAddress address)
            || !TryParsePort(port, out int number) || number == 0)
            return false;
        endpoint = new IPEndPoint(address, number);
        return true;
    }

    /// <summary>
    /// True for a host name (RFC 1123, section 2.1; underscores are allowed). One whose last label is a number would be
    /// an address, and a wrong one.
    /// </summary>
    public static bool IsHostName(ReadOnlySpan<char> text)
    {
        if (text.EndsWith("."))
            text = text[..^1];
        if (text.IsEmpty || text.Length > MaxName)
            return false;
        ReadOnlySpan<char> label = default;
        foreach (Range range in text.Split('.'))
        {
            label = text[range];
            if (label.IsEmpty || label.Length > MaxLabel || label.ContainsAnyExcept(Characters.Label) || label[0] == '-'
                || label[^1] == '-')
                return false;
        }

        return label.ContainsAnyExcept(Characters.Digits)
            && !label.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Splits host and port at the last colon; false if there is none, or a bracket too few.</summary>
    internal static bool TrySplit(
        ReadOnlySpan<char> text, out ReadOnlySpan<char> host, out ReadOnlySpan<char> port, out bool inBrackets)
    {
        int colon = text.LastIndexOf(':');
        host = colon < 0 ? default : text[..colon];
        port = colon < 0 ? default : text[(colon + 1)..];
        inBrackets = host.StartsWith("[") && host.EndsWith("]");
        if (inBrackets)
            host = host[1..^1];
        return colon >= 0;
    }

    private static bool TryParseIPv4(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        Span<byte> bytes = stackalloc byte[4];
        int parts = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            if (parts == bytes.Length || part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0')
                || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out bytes[parts++]))
                return false;
        }

        if (parts < bytes.Length)
            return false;
        address = new IPAddress(bytes);
        return true;
    }

    /// <summary>Which characters may stand where.</summary>
    private static class Characters
    {
        internal static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

        internal static readonly SearchValues<char> IPv6 = SearchValues.Create("0123456789abcdefABCDEF:.");

        internal static readonly SearchValues<char> Label = SearchValues.Create(
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");

        internal static readonly SearchValues<char> Zone = SearchValues.Create(
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.");
    }
}
