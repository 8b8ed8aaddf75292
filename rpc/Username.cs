namespace QuicProChat.Mesh.Rpc;

/// <summary>
/// Names of users: 1 to 32 of a-z, 0-9, '.', '-' and '_', the first a letter or digit. So no two names look alike, and
/// each stands as it is in an address <c>name@server</c>.
/// </summary>
public static class Username
{
    /// <summary>The longest name, in characters and bytes.</summary>
    public const int MaxLength = 32;

    /// <summary>Tells whether a text is a name.</summary>
    public static bool IsValid(string text)
    {
        if (text.Length is 0 or > MaxLength || !char.IsAsciiLetterOrDigit(text[0]))
            return false;
        foreach (char c in text)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_'))
                return false;
        }

        return true;
    }
}
