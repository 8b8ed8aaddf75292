using System.Globalization;
using System.Text.Json;

namespace QuicProChat.Mesh.Api;

/// <content><c>radio</c>.</content>
public static partial class Commands
{
    private const string Indent = "  ";

    /// <summary><c>radio</c>: state, airtime and neighbours of each radio.</summary>
    public static CommandSpec<NoArguments, IReadOnlyList<RadioInfo>> Radio { get; } = new(
        "radio", CommandGroup.Node, "Radios: state, airtime, neighbours.", json => json.IReadOnlyListRadioInfo)
    {
        Console = [new("/mesh radio", "", "radios: state, airtime, neighbours")],
        Rendering = ShowRadios,
    };

    private static void ShowRadios(Screen screen, IReadOnlyList<RadioInfo> radios)
    {
        if (radios.Count == 0)
            screen.Line("no radios: write one under listen, such as "
                + "lora:/dev/ttyUSB0?region=eu868&frequency=868100000");
        foreach (RadioInfo radio in radios)
            Show(screen, radio);
    }

    private static void Show(Screen screen, RadioInfo radio)
    {
        string noise = radio.NoiseDbm is { } dbm ? $"{screen.Show(dbm)} dBm" : "unknown";
        screen.Line($"{Screen.Printable(radio.Device)}: {radio.Modem}, {radio.State}: {Screen.Printable(radio.Why)}");
        screen.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"{Indent}{radio.FrequencyHz / 1e6:0.000###} MHz, {radio.BandwidthHz / 1e3:0.###} kHz, "
            + $"SF{radio.SpreadingFactor}, 4/{radio.CodingRate}, {radio.PowerDbm} dBm, {radio.Region} {radio.Band}"));
        screen.Line($"{Indent}{screen.Show(radio.Queued)} frames wait, noise {noise}");
        string budget = screen.Show(radio.BudgetSeconds), window = screen.Show(radio.WindowSeconds);
        screen.Line($"{Indent}airtime: {budget} s in any {window} s");
        screen.Table(
            Indent, radio.Airtime, "", ("class", a => a.Class), ("usedSeconds", a => a.UsedSeconds),
            ("leftSeconds", a => a.LeftSeconds));
        screen.Table(
            Indent, radio.Neighbours, "no neighbours", ("name", n => n.Name), ("address", n => n.Address),
            ("up", n => n.Up), ("rssiDbm", n => n.RssiDbm), ("snrDb", n => n.SnrDb),
            ("silentSeconds", n => n.SilentSeconds),
            ("roundTripMs", n => n.RoundTripMs), ("framesReceived", n => n.FramesReceived),
            ("framesSent", n => n.FramesSent), ("repeats", n => n.Repeats), ("givenUp", n => n.GivenUp),
            ("queued", n => n.Queued));
        IEnumerable<string> counts = JsonSerializer.SerializeToElement(radio.Counters, ApiJson.Default.RadioCounts)
            .EnumerateObject().Where(c => c.Value.GetDouble() != 0).Select(c => $"{c.Name} {c.Value.GetRawText()}");
        screen.Line($"{Indent}counters: {(string.Join(", ", counts) is { Length: > 0 } some ? some : "none yet")}");
    }
}
