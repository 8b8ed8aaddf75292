using System.Globalization;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>Degrees of a place on earth, in units of 1e-7.</summary>
public static class Degrees
{
    /// <summary>Units in a degree.</summary>
    public const int Units = 10_000_000;

    /// <summary>
    /// Takes degrees with a point, such as -12.5; false if they are none, or more than <paramref name="most"/>.
    /// </summary>
    public static bool TryParse(string text, int most, out int units)
    {
        units = 0;
        if (text.Length > 16 || !decimal.TryParse(
            text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out decimal degrees)
            || Math.Abs(degrees) > most)
            return false;
        units = (int)Math.Round(degrees * Units);
        return true;
    }
}
