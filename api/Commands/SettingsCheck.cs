using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>What <c>settings-check</c> takes.</summary>
public sealed record SettingsCheckRequest
{
    /// <summary>The text of a configuration file.</summary>
    public string? Text { get; set; }
}

/// <summary>Whether a node would start with a configuration.</summary>
/// <param name="Accepted">It would.</param>
public sealed record SettingsCheckInfo(bool Accepted)
{
    /// <summary>The line, and what is wrong there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Wrong { get; init; }
}

/// <content><c>settings-check</c>.</content>
public static partial class Commands
{
    /// <summary>
    /// <c>settings-check</c>: reads the text of a configuration file as a start would, and changes nothing.
    /// </summary>
    public static CommandSpec<SettingsCheckRequest, SettingsCheckInfo> SettingsCheck { get; } = new(
        "settings-check", CommandGroup.Node, "Says whether a configuration would be accepted; changes nothing.",
        json => json.SettingsCheckInfo,
        new ArgumentList<SettingsCheckRequest>().Operand(
            "text", "The text of the file.", r => r.Text, (r, v) => r.Text = v))
    {
        IsBrief = true,
        Reached = static (_, info) => info.Accepted,
        Rendering = (screen, info) => screen.Line(info.Wrong ?? "accepted"),
    };
}
