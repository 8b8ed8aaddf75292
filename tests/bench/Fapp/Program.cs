using System.Globalization;
using QuicProChat.Mesh.Bench;
using QuicProChat.Mesh.Simulation.Appointments;

// The rows of docs/performance.md, "Appointments": real store, real gossip, real daemons.
const int Practices = 316;

if (args is not [string program, ..])
{
    Console.Error.WriteLine("usage: bench PROGRAM [TOPOLOGY]");
    return 2;
}

string directory = Directory.CreateTempSubdirectory("qpc-bench-").FullName;
try
{
    var table = new Table(File.ReadAllText("/proc/loadavg").Trim());
    AppointmentSpeed.Figures figures = AppointmentSpeed.MeasureNode();
    table.Add("relay: records checked a second, one core", ">= 5,000", Text($"{figures.Checked:N0}"),
        $"{figures.RecordBytes} bytes each");
    table.Add("a region of 400 practices: local search", "<= 5 ms", Text($"{figures.SearchMilliseconds:0.00} ms"),
        $"{figures.Found} found");
    (long bytes, int records, int ids) = DiskWeek.Measure(Path.Combine(directory, "store"), Practices);
    table.Add(
        $"eight regions, {Practices} practices, a week: on the disk", "<= 8 MB", Text($"{bytes / 1e6:0.0} MB"),
        Text($"{records:N0} records, {ids:N0} ids of earlier ones"));
    if (args.Length > 1)
    {
        double publishing = AppointmentSpeed.GossipPerSecond(args[1], Practices, out int nodes, out int missing);
        table.Add(
            $"the same in gossip on {nodes} nodes", "<= 150 B/s",
            Text($"{publishing * AppointmentSpeed.HoursPublished / 24:0} B/s"),
            Text($"{publishing:0} B/s while practices publish; {missing} missing"));
    }

    await FiveHops.MeasureAsync(program, Path.Combine(directory, "line"), table);
    table.Print(Console.Out);
    return 0;
}
finally
{
    Directory.Delete(directory, recursive: true);
}

static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
