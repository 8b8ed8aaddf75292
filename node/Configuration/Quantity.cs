using System.Globalization;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// Durations and sizes as people write them: <c>90s</c>, <c>12h</c>, <c>7d</c>; <c>4096</c>, <c>64k</c>, <c>32M</c>.
/// </summary>
internal static class Quantity
{
    internal const string DurationForm = "a duration: a number and one of s, m, h, d, such as 90s or 7d";
    internal const string SizeForm = "a number of bytes, alone or with k, M or G (powers of 1024)";

    internal static bool TryParseDuration(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        if (text.Length < 2)
            return false;
        long ticks = text[^1] switch
        {
            's' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMinute,
            'h' => TimeSpan.TicksPerHour,
            'd' => TimeSpan.TicksPerDay,
            _ => 0,
        };
        if (ticks == 0 || !TryParseNumber(text[..^1], out long number) || number > TimeSpan.MaxValue.Ticks / ticks)
            return false;
        duration = new TimeSpan(number * ticks);
        return true;
    }

    internal static bool TryParseSize(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        if (text.IsEmpty)
            return false;
        int shift = text[^1] switch { 'k' => 10, 'M' => 20, 'G' => 30, _ => 0 };
        if (!TryParseNumber(shift == 0 ? text : text[..^1], out long number) || number > long.MaxValue >> shift)
            return false;
        bytes = number << shift;
        return true;
    }

    /// <summary>A size as short as it can be said exactly.</summary>
    internal static string FormatSize(long bytes)
    {
        (int shift, string unit) = bytes switch
        {
            0 => (0, ""),
            _ when bytes % (1L << 30) == 0 => (30, "G"),
            _ when bytes % (1L << 20) == 0 => (20, "M"),
            _ when bytes % (1L << 10) == 0 => (10, "k"),
            _ => (0, ""),
        };
        return (bytes >> shift).ToString(CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>Digits and nothing else: the runtime's parser takes zero characters behind them.</summary>
    internal static bool TryParseNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        return !text.ContainsAnyExceptInRange('0', '9')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
