using System.Globalization;

namespace QuicProChat.Mesh.Messaging.Content;

/// <summary>After how many minutes of running time a message disappears; 0: it stays. In contents two bytes.</summary>
/// <param name="Minutes">0 to 65,535, which are 45 days.</param>
public readonly record struct DisappearAfter(ushort Minutes)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = sizeof(ushort);

    /// <summary>The words for those that people choose from.</summary>
    public const string Names = "30m, 1h, 1d, 7d, off";

    /// <summary>It stays.</summary>
    public static DisappearAfter Never => default;

    /// <summary>It stays.</summary>
    public bool IsNever => Minutes == 0;

    /// <summary>The time.</summary>
    public TimeSpan Time => TimeSpan.FromMinutes(Minutes);

    /// <summary>Takes one of the words of <see cref="Names"/>.</summary>
    public static bool TryParse(string text, out DisappearAfter after)
    {
        (bool known, ushort minutes) = text switch
        {
            "30m" => (true, (ushort)30),
            "1h" => (true, (ushort)60),
            "1d" => (true, (ushort)(24 * 60)),
            "7d" => (true, (ushort)(7 * 24 * 60)),
            "off" => (true, (ushort)0),
            _ => (false, (ushort)0),
        };
        after = new DisappearAfter(minutes);
        return known;
    }

    /// <summary>The largest unit that it is a whole number of: <c>7d</c>, <c>90m</c>, <c>off</c>.</summary>
    public override string ToString() =>
        Minutes == 0 ? "off"
        : Minutes % (24 * 60) == 0 ? string.Create(CultureInfo.InvariantCulture, $"{Minutes / (24 * 60)}d")
        : Minutes % 60 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{Minutes / 60}h")
        : string.Create(CultureInfo.InvariantCulture, $"{Minutes}m");
}
