using System.Text.Json;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>One key of the configuration file.</summary>
/// <param name="Key">As written in the file.</param>
/// <param name="Accepts">What its value may be, for error messages and the manual.</param>
/// <param name="Reloads">A SIGHUP applies a change; otherwise only a restart does.</param>
/// <param name="Read">Takes the value; false if it is not an accepted one.</param>
internal sealed record Setting(string Key, string Accepts, bool Reloads, Setting.Reader Read)
{
    /// <summary>Takes the value that the reader stands on.</summary>
    internal delegate bool Reader(ref Utf8JsonReader json, NodeConfiguration configuration);

    /// <summary>
    /// Says what is wrong with a text of the list that was refused; null where <see cref="Accepts"/> says it all.
    /// </summary>
    internal Func<string, string?>? Explain { get; init; }

    internal static Setting Text(string key, string accepts, bool reloads, Func<NodeConfiguration, string, bool> set) =>
        new(key, accepts, reloads, (ref Utf8JsonReader json, NodeConfiguration c) =>
            json.TokenType == JsonTokenType.String && set(c, json.GetString()!));

    /// <summary>
    /// A path. It begins with a slash: a daemon's current folder is wherever somebody started it, and its files must
    /// not move with it.
    /// </summary>
    internal static Setting Path(string key, Action<NodeConfiguration, string> set) =>
        Text(key, "a path that begins with /", false, (c, v) =>
        {
            bool isAbsolute = v.StartsWith('/') && !v.Contains('\0', StringComparison.Ordinal);
            if (isAbsolute)
                set(c, v);
            return isAbsolute;
        });

    internal static Setting Flag(string key, Action<NodeConfiguration, bool> set) =>
        new(key, "true or false", false, (ref Utf8JsonReader json, NodeConfiguration c) =>
        {
            if (json.TokenType is not (JsonTokenType.True or JsonTokenType.False))
                return false;
            set(c, json.GetBoolean());
            return true;
        });

    internal static Setting Number(string key, int least, int most, Action<NodeConfiguration, int> set) =>
        new(key, $"a number from {least} to {most}", false, (ref Utf8JsonReader json, NodeConfiguration c) =>
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt32(out int value) || value < least
                || value > most)
                return false;
            set(c, value);
            return true;
        });

    internal static Setting Bytes(string key, Action<NodeConfiguration, long> set) =>
        Bytes(key, Quantity.SizeForm, 0, long.MaxValue, set);

    internal static Setting Bytes(string key, long least, long most, Action<NodeConfiguration, long> set) =>
        Bytes(key, $"{Quantity.SizeForm}, from {Quantity.FormatSize(least)} to {Quantity.FormatSize(most)}",
            least, most, set);

    private static Setting Bytes(
        string key, string accepts, long least, long most, Action<NodeConfiguration, long> set) =>
        new(key, accepts, false, (ref Utf8JsonReader json, NodeConfiguration c) =>
        {
            long value;
            bool read = json.TokenType switch
            {
                JsonTokenType.Number => json.TryGetInt64(out value),
                JsonTokenType.String => Quantity.TryParseSize(json.GetString(), out value),
                _ => (value = 0) != 0,
            };
            bool isAccepted = read && value >= least && value <= most;
            if (isAccepted)
                set(c, value);
            return isAccepted;
        });

    internal static Setting Texts(
        string key, string accepts, Func<string, string?> check,
        Action<NodeConfiguration, IReadOnlyList<string>> set) =>
        new(key, accepts, true, (ref Utf8JsonReader json, NodeConfiguration c) =>
        {
            if (json.TokenType != JsonTokenType.StartArray)
                return false;
            var values = new List<string>();
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (json.TokenType != JsonTokenType.String || check(json.GetString()!) is not null)
                    return false;
                values.Add(json.GetString()!);
            }

            set(c, values);
            return true;
        })
        {
            Explain = check,
        };
}
