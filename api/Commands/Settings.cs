namespace QuicProChat.Mesh.Api;

/// <summary>A key of the configuration file.</summary>
/// <param name="Key">As written in the file.</param>
/// <param name="Value">What holds now, as text; empty for none, or where the program chooses. Never a secret.</param>
/// <param name="Accepts">What the value may be.</param>
/// <param name="Reloads">A reload applies a change; otherwise only a restart does.</param>
public sealed record SettingInfo(string Key, string Value, string Accepts, bool Reloads);

/// <content><c>settings</c>.</content>
public static partial class Commands
{
    /// <summary><c>settings</c>: what the node was configured with.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<SettingInfo>> Settings { get; } = new(
        "settings", CommandGroup.Node, "What the node was configured with, and what would be accepted.",
        json => json.IReadOnlyListSettingInfo)
    {
        Rendering = (screen, settings) =>
        {
            foreach (SettingInfo setting in settings)
                screen.Line($"{setting.Key}  {(setting.Value.Length > 0 ? Screen.Printable(setting.Value) : "-")}");
        },
    };
}
