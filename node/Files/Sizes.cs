using System.Globalization;

namespace QuicProChat.Mesh.Node.Files;

/// <summary>Sizes and times for people.</summary>
internal static class Sizes
{
    private const double Step = 1024;

    /// <summary>A number of bytes, such as <c>9.5 MiB</c>.</summary>
    internal static string Of(long bytes) => bytes < Step
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes")
        : bytes < Step * Step ? Text(bytes / Step, "KiB")
        : bytes < Step * Step * Step ? Text(bytes / Step / Step, "MiB")
        : Text(bytes / Step / Step / Step, "GiB");

    /// <summary>About how long something takes, such as <c>3 h</c>.</summary>
    internal static string Of(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time switch
    {
        { TotalMinutes: < 2 } => $"{Math.Ceiling(time.TotalSeconds):0} s",
        { TotalHours: < 2 } => $"{Math.Ceiling(time.TotalMinutes):0} min",
        { TotalDays: < 3 } => $"{Math.Ceiling(time.TotalHours):0} h",
        _ => $"{Math.Ceiling(time.TotalDays):0} days",
    }}");

    private static string Text(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {unit}");
}
