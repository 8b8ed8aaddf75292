using System.Globalization;
using System.Text.Json;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>Shows radios to people.</summary>
internal static class RadioRendering
{
    internal static void Write(TextWriter output, JsonElement radios)
    {
        if (radios.GetArrayLength() == 0)
            output.WriteLine("no radios: write one under listen, such as lora:/dev/ttyUSB0?region=eu868&frequency=868100000");
        foreach (JsonElement radio in radios.EnumerateArray())
            WriteRadio(output, radio);
    }

    private static void WriteRadio(TextWriter output, JsonElement radio)
    {
        output.WriteLine($"{Rendering.Printable(Text("device"))}: {Text("modem")}, {Text("state")}: {Rendering.Printable(Text("why"))}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {Number("frequencyHz") / 1e6:0.000###} MHz, {Number("bandwidthHz") / 1e3:0.###} kHz, SF{Text("spreadingFactor")}, 4/{Text("codingRate")}, {Text("powerDbm")} dBm, {Text("region")} {Text("band")}"));
        output.WriteLine($"  {Text("queued")} frames wait, noise {(radio.GetProperty("noiseDbm").ValueKind == JsonValueKind.Null ? "unknown" : $"{Text("noiseDbm")} dBm")}");
        output.WriteLine($"  airtime: {Text("budgetSeconds")} s in any {Text("windowSeconds")} s");
        Indented("airtime", "", "class", "usedSeconds", "leftSeconds");
        Indented("neighbours", "no neighbours", "name", "address", "up", "rssiDbm", "snrDb", "silentSeconds", "roundTripMs",
            "framesReceived", "framesSent", "repeats", "givenUp", "queued");
        var counts = new List<string>();
        foreach (JsonProperty counter in radio.GetProperty("counters").EnumerateObject())
        {
            if (counter.Value.GetInt64() != 0)
                counts.Add($"{counter.Name} {counter.Value.GetRawText()}");
        }

        output.WriteLine($"  counters: {(counts.Count > 0 ? string.Join(", ", counts) : "none yet")}");

        string Text(string key) => Rendering.Text(radio, key);

        double Number(string key) => radio.GetProperty(key).GetDouble();

        void Indented(string key, string empty, params string[] columns)
        {
            using var table = new StringWriter();
            Rendering.Table(table, radio.GetProperty(key), empty, columns);
            foreach (string line in table.ToString().TrimEnd('\n').Split('\n'))
                output.WriteLine($"  {line}");
        }
    }
}
