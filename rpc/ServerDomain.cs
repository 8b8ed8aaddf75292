using System.Buffers;

namespace QuicProChat.Mesh.Rpc;

/// <summary>
/// What a server is called among servers (ours): a host name in lower case, at most 253 characters, of labels of 1 to
/// 63 letters, digits and hyphens (RFC 1123, section 2.1). An IP address is none.
/// </summary>
public static class ServerDomain
{
    /// <summary>The most characters.</summary>
    public const int MaxLength = 253;

    private const int MaxLabel = 63;

    private static readonly SearchValues<char> _label = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>Tells whether a text is a domain.</summary>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxLength)
            return false;
        ReadOnlySpan<char> last = default;
        foreach (Range range in text.Split('.'))
        {
            last = text[range];
            if (last.Length is 0 or > MaxLabel || last.ContainsAnyExcept(_label) || last[0] == '-' || last[^1] == '-')
                return false;
        }

        return last.ContainsAnyExceptInRange('0', '9');
    }
}
