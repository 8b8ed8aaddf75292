using System.Buffers;

namespace QuicProChat.Mesh.Messaging.Servers;

/// <summary>
/// How people on servers are called: <c>USER@SERVER</c>. A user has 1 to 32 of a-z, 0-9, point, hyphen and underscore,
/// the
/// first a letter or digit; a server is whatever its account was made with.
/// </summary>
public static class ServerNames
{
    /// <summary>The longest name of a user, in characters and bytes.</summary>
    public const int MaxUser = 32;

    /// <summary>The longest name of a server, in characters and bytes.</summary>
    public const int MaxServer = 255;

    private static readonly SearchValues<char> _user = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");

    private static readonly SearchValues<char> _server =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]/");

    /// <summary>Tells whether a text names a user.</summary>
    public static bool IsUser(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxUser && char.IsAsciiLetterOrDigit(text[0]) && !text.ContainsAnyExcept(_user);

    /// <summary>Tells whether a text can be the name of a server: lower case.</summary>
    public static bool IsServer(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxServer && !text.ContainsAnyExcept(_server);

    /// <summary>Takes a name apart; false if it is none.</summary>
    public static bool TryParse(string text, out string user, out string server)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        (user, server) = at < 0 ? ("", "") : (text[..at], text[(at + 1)..]);
        return at >= 0 && IsUser(user) && IsServer(server);
    }

    /// <summary>Puts a name together.</summary>
    public static string Of(string user, string server) => $"{user}@{server}";
}
