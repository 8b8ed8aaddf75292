using System.Diagnostics.CodeAnalysis;

namespace QuicProChat.Mesh.Wire;

/// <summary>
/// Where a link leads or listens, as the operator writes it: <c>tcp://host:port</c>, <c>quic://[::1]:port</c>,
/// <c>tcp://host:port/#qpc1...</c> (pinned address), <c>lora:/dev/ttyUSB0?modem=rnode&amp;...</c>.
/// This type only splits; each transport checks its own part.
/// </summary>
/// <param name="Scheme">Lower case, without the colon.</param>
/// <param name="Rest">Everything after the colon, as written, without the fragment.</param>
/// <param name="Pinned">The fragment (after #): the address that the peer must prove; null if none.</param>
public sealed record LinkUri(string Scheme, string Rest, string? Pinned)
{
    /// <summary>Splits a URI; the error says what is wrong and what would be right.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out LinkUri? uri, [NotNullWhen(false)] out string? error)
    {
        uri = null;
        int colon = text.IndexOf(':');
        if (colon <= 0)
        {
            error = $"'{Shown(text)}' is not a link URI: write tcp://host:port, quic://host:port or lora:/dev/...";
            return false;
        }

        string scheme = text[..colon].ToLowerInvariant();
        string rest = text[(colon + 1)..];
        string? pinned = null;
        int hash = rest.IndexOf('#');
        if (hash >= 0)
        {
            pinned = rest[(hash + 1)..];
            rest = rest[..hash];
        }

        if (rest.Length == 0)
        {
            error = $"'{Shown(text)}' says no place after '{scheme}:'.";
            return false;
        }

        uri = new LinkUri(scheme, rest, pinned);
        error = null;
        return true;
    }

    /// <summary>
    /// What may be shown and logged of something that should be a URI: settings may hold a key, well written or not.
    /// </summary>
    public static string Shown(string text)
    {
        int settings = text.AsSpan().IndexOfAny('?', '&', '=');
        return settings < 0 ? text : text[..(settings + 1)] + "...";
    }

    /// <summary>The URI as it may be shown and logged, see <see cref="Shown"/>.</summary>
    public override string ToString() => Pinned is null ? $"{Scheme}:{Shown(Rest)}"
        : $"{Scheme}:{Shown(Rest)}#{Pinned}";
}
