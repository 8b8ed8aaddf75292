using System.Diagnostics.CodeAnalysis;
using System.Text;
using Npgsql;

namespace QuicProChat.Mesh.Server.Stores.Postgres;

/// <summary>
/// Connection strings as psql takes them (PostgreSQL's manual, 34.1.1): <c>host=... dbname=...</c>, values in quotes
/// where they have blanks, or <c>//user@host:port/database?sslmode=verify-full</c>.
/// </summary>
internal static class LibpqString
{
    // libpq's keywords, and Npgsql's for the same.
    private static readonly Dictionary<string, string> Keywords = new()
    {
        ["host"] = "Host",
        ["port"] = "Port",
        ["dbname"] = "Database",
        ["user"] = "Username",
        ["password"] = "Password",
        ["passfile"] = "Passfile",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
        ["options"] = "Options",
    };

    /// <summary>Tells libpq's strings from Npgsql's, which have semicolons between their parts.</summary>
    internal static bool IsLibpq(string text)
    {
        if (text.StartsWith("//", StringComparison.Ordinal))
            return true;
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && quoted)
                i++;
            else if (text[i] == '\'')
                quoted = !quoted;
            else if (text[i] == ';' && !quoted)
                return false;
        }

        return true;
    }

    /// <summary>Reads a string.</summary>
    /// <param name="text">The string.</param>
    /// <param name="builder">What it says.</param>
    /// <param name="problem">What is wrong; names keywords, but no values.</param>
    internal static bool TryRead(
        string text, [NotNullWhen(true)] out NpgsqlConnectionStringBuilder? builder,
        [NotNullWhen(false)] out string? problem)
    {
        NpgsqlConnectionStringBuilder read = [];
        problem = text.StartsWith("//", StringComparison.Ordinal) ? ReadUri(text[2..], read) : ReadPairs(text, read);
        builder = problem is null ? read : null;
        return problem is null;
    }

    private static string? ReadPairs(string text, NpgsqlConnectionStringBuilder builder)
    {
        int at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            if (at == text.Length)
                return null;
            int equals = text.IndexOf('=', at);
            if (equals < 0)
                return "A part of the connection string has no '='. Values with blanks stand in single quotes.";
            string keyword = text[at..equals].Trim();
            at = equals + 1;
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            if (!TryReadValue(text, ref at, out string value))
                return $"The value of {Shown(keyword)} in the connection string has no closing quote.";
            if (Set(builder, keyword, value) is { } problem)
                return problem;
        }
    }

    private static bool TryReadValue(string text, ref int at, out string value)
    {
        StringBuilder read = new();
        bool quoted = at < text.Length && text[at] == '\'';
        if (quoted)
            at++;
        while (at < text.Length && (quoted ? text[at] != '\'' : !char.IsWhiteSpace(text[at])))
        {
            if (text[at] == '\\' && at + 1 < text.Length)
                at++;
            read.Append(text[at++]);
        }

        value = read.ToString();
        if (!quoted)
            return true;
        return at++ < text.Length;
    }

    private static string? ReadUri(string text, NpgsqlConnectionStringBuilder builder)
    {
        (string place, string query) = Cut(text, '?');
        (string authority, string database) = Cut(place, '/');
        int sign = authority.LastIndexOf('@');
        (string user, string password) = sign < 0 ? ("", "") : Cut(authority[..sign], ':');
        string address = authority[(sign + 1)..];
        int colon = address.LastIndexOf(':');
        bool hasPort = colon > address.LastIndexOf(']');
        string host = hasPort ? address[..colon] : address;
        (string Keyword, string Value)[] parts =
        [
            ("user", user), ("password", password), ("host", host.Trim('[', ']')),
            ("port", hasPort ? address[(colon + 1)..] : ""), ("dbname", database),
            .. query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => Cut(p, '=')),
        ];
        foreach ((string keyword, string value) in parts)
        {
            if (value.Length > 0 && Set(builder, keyword, Uri.UnescapeDataString(value)) is { } problem)
                return problem;
        }

        return null;
    }

    private static string? Set(NpgsqlConnectionStringBuilder builder, string keyword, string value)
    {
        if (!Keywords.TryGetValue(keyword, out string? own))
        {
            // Npgsql's own names, where there is one part alone.
            own = Keywords.Values.FirstOrDefault(k => k.Equals(keyword, StringComparison.OrdinalIgnoreCase));
            if (own is null)
                return $"The connection string has {Shown(keyword)}; known are {string.Join(", ", Keywords.Keys)}.";
        }

        try
        {
            builder[own] = own == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
            return null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException
            or InvalidCastException or NotSupportedException)
        {
            return $"The value of '{keyword}' in the connection string is none that it can have.";
        }
    }

    // A keyword that nobody knows may be a part of a password that lacks its quotes.
    private static string Shown(string keyword) =>
        Keywords.ContainsKey(keyword) ? $"'{keyword}'" : $"a keyword of {keyword.Length} characters that is not known";

    private static (string Before, string After) Cut(string text, char at)
    {
        int index = text.IndexOf(at);
        return index < 0 ? (text, "") : (text[..index], text[(index + 1)..]);
    }
}
