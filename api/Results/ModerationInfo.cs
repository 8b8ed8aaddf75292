using System.Globalization;
using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>A report of a message, as a moderator reads it. All but the reporter is the reporter's word.</summary>
/// <param name="Number">Its number at the server.</param>
/// <param name="Reporter">Who reported: a key of 64 hexadecimal digits.</param>
/// <param name="At">When the server got it.</param>
public sealed record ServerReportInfo(long Number, string Reporter, DateTimeOffset At)
{
    /// <summary>Who wrote the message: a key of 64 hexadecimal digits; null where it cannot be read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Author { get; init; }

    /// <summary>The message's id.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; init; }

    /// <summary>Why it was reported.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>What the message says.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; init; }

    internal static void Show(Screen screen, ServerReportInfo report)
    {
        screen.Line($"{report.Number}  {report.At.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}  "
            + $"by {report.Reporter}");
        screen.Line(report.Author is null ? "  it was not sealed to this node" : $"  author {report.Author}");
        if (report.Reason is { Length: > 0 } reason)
            screen.Line($"  reason: {Screen.Printable(reason)}");
        if (report.Text is { } text)
            screen.Line($"  {Screen.Printable(text)}");
    }
}

/// <summary>A ban on a server.</summary>
/// <param name="User">Who is banned: a key of 64 hexadecimal digits.</param>
/// <param name="Reason">Why.</param>
/// <param name="Since">Since when.</param>
public sealed record ServerBanInfo(string User, string Reason, DateTimeOffset Since)
{
    /// <summary>Until when; null for ever.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Until { get; init; }

    internal static void Show(Screen screen, ServerBanInfo ban) => screen.Line(
        $"{ban.User}  " + (ban.Until is { } until
            ? $"until {until.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}" : "for ever")
        + (ban.Reason.Length > 0 ? $"  {Screen.Printable(ban.Reason)}" : ""));
}
