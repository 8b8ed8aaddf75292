using System.Globalization;

namespace QuicProChat.Mesh.Fapp.Calendar;

/// <summary>A DURATION (RFC 5545, section 3.3.6): days as the calendar counts them, and time.</summary>
/// <param name="Days">Weeks and days.</param>
/// <param name="Time">Hours, minutes and seconds.</param>
internal readonly record struct IcsDuration(int Days, TimeSpan Time)
{
    // Arbitrary: ten years.
    private const int MaxDays = 3660;

    /// <summary>
    /// Reads such as <c>P1W</c>, <c>P1DT2H</c> or <c>PT50M</c>; false for anything else, and below zero.
    /// </summary>
    internal static bool TryParse(string value, out IcsDuration duration)
    {
        duration = default;
        ReadOnlySpan<char> rest = value.AsSpan().Trim();
        if (rest.StartsWith("+"))
            rest = rest[1..];
        if (!rest.StartsWith("P") || rest.Length < 3)
            return false;
        rest = rest[1..];
        bool isTime = false;
        int days = 0;
        long seconds = 0;
        while (!rest.IsEmpty)
        {
            if (rest[0] == 'T' && !isTime && rest.Length > 1)
            {
                isTime = true;
                rest = rest[1..];
                continue;
            }

            int length = rest.IndexOfAnyExceptInRange('0', '9');
            if (length is < 1 or > 6)
                return false;
            int number = int.Parse(rest[..length], NumberStyles.None, CultureInfo.InvariantCulture);
            int unit = (rest[length], isTime) switch
            {
                ('W', false) => 7,
                ('D', false) => 1,
                ('H', true) => 3600,
                ('M', true) => 60,
                ('S', true) => 1,
                _ => 0,
            };
            if (unit == 0)
                return false;
            if (isTime)
                seconds += (long)number * unit;
            else
                days += number * unit;
            if (days > MaxDays || seconds > MaxDays * 86_400L)
                return false;
            rest = rest[(length + 1)..];
        }

        duration = new IcsDuration(days, TimeSpan.FromSeconds(seconds));
        return true;
    }
}
