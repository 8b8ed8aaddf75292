using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Control;

namespace QuicProChat.Mesh.Node.Cli;

/// <summary>
/// <c>ctl export meshviewer</c>: what this node sees, in the format of the maps of community networks (meshviewer.json:
/// nodes and links). A position is in it only where the command line gives one, and only that of this node.
/// </summary>
internal static class ExportCommand
{
    internal static void AddTo(Command ctl, Func<ParseResult, string> socketOf)
    {
        var latitude = new Option<double?>("--latitude")
        {
            Description = "Where this node is, if the map may show it.",
            HelpName = "DEGREES",
            CustomParser = r => Degrees(r, 90)
        };
        var longitude = new Option<double?>("--longitude")
        {
            Description = "The same.",
            HelpName = "DEGREES",
            CustomParser = r => Degrees(r, 180)
        };
        var meshviewer =
            new Command("meshviewer", "For the map of a community: nodes and links as meshviewer.json.") { latitude,
                longitude };
        meshviewer.SetAction(async (parsed, cancellation) =>
        {
            using ControlClient client = CtlErrors.Connect(socketOf(parsed));

            if (parsed.GetValue(latitude).HasValue != parsed.GetValue(longitude).HasValue)
                throw new UsageException("a position is --latitude and --longitude together");
            var asker = new ControlAsker(new ReplyPages(client));
            StatusInfo status = await asker.AskAsync(Commands.Status, cancellation).ConfigureAwait(false);
            IReadOnlyList<PathInfo> routes = await asker.AskAsync(Commands.Routes, cancellation).ConfigureAwait(false);
            IReadOnlyList<PeerInfo> peers = await asker.AskAsync(Commands.Peers, cancellation).ConfigureAwait(false);
            (double, double)? position = parsed.GetValue(latitude) is { } north
                && parsed.GetValue(longitude) is { } east ? (north, east) : null;
            await using Stream output = Console.OpenStandardOutput();
            Write(output, status, routes, peers, position, TimeProvider.System.GetUtcNow());
            output.WriteByte((byte)'\n');
            return ExitCode.Done;
        });
        ctl.Subcommands.Add(new Command("export", "What this node sees, for other programs.") { meshviewer });
    }

    /// <summary>Writes the map.</summary>
    internal static void Write(
        Stream output, StatusInfo status, IReadOnlyList<PathInfo> routes, IReadOnlyList<PeerInfo> peers,
        (double Latitude, double Longitude)? position, DateTimeOffset now)
    {
        string own = status.Address, at = now.ToString("yyyy-MM-dd'T'HH:mm:ss+0000", CultureInfo.InvariantCulture);
        using var json = new Utf8JsonWriter(output, ReplyWriter.Options);
        json.WriteStartObject();
        json.WriteString("timestamp", at);
        json.WriteStartArray("nodes");
        WriteNode(json, own, status.Name, isOnline: true, at, position);
        foreach (PathInfo route in routes)
        {
            if (route.Destination != own)
                WriteNode(json, route.Destination, route.Name, route.NextHop is not null, at, null);
        }

        json.WriteEndArray();
        json.WriteStartArray("links");
        foreach (PeerInfo peer in peers)
        {
            json.WriteStartObject();
            json.WriteString("source", own);
            json.WriteString("target", peer.Address);
            // The map knows kinds by how they are drawn; a radio is drawn like a radio.
            json.WriteString("type", peer.Transport == "lora" ? "wifi" : "other");
            json.WriteNumber("source_tq", 1);
            json.WriteNumber("target_tq", 1);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNode(
        Utf8JsonWriter json, string address, string name, bool isOnline, string at,
        (double Latitude, double Longitude)? position)
    {
        json.WriteStartObject();
        json.WriteString("node_id", address);
        json.WriteString("hostname", name.Length > 0 ? name : address);
        json.WriteString("firstseen", at);
        json.WriteString("lastseen", at);
        json.WriteBoolean("is_online", isOnline);
        json.WriteBoolean("is_gateway", false);
        json.WriteNumber("clients", 0);
        if (position is { } place)
        {
            json.WriteStartObject("location");
            json.WriteNumber("latitude", place.Latitude);
            json.WriteNumber("longitude", place.Longitude);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static double? Degrees(ArgumentResult result, double most)
    {
        if (double.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture, out double degrees)
            && Math.Abs(degrees) <= most)
            return degrees;
        result.AddError($"'{result.Tokens[0].Value}' is no number of degrees from -{most} to {most}");
        return null;
    }
}
