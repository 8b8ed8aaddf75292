using System.Globalization;
using QuicProChat.Mesh.Simulation;
using QuicProChat.Mesh.Simulation.Appointments;

try
{
    if (args is ["appointments", { } graph, ..])
    {
        int days = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 14;
        int seed = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1;
        var world = new AppointmentWorld(new AppointmentScale { Topology = graph, Days = days, Seed = seed });
        Console.WriteLine(world.Run(Console.Error.WriteLine));
        Console.WriteLine(AppointmentSpeed.Measure(graph));
        return 0;
    }

    if (args is ["bundles", { } place, ..])
    {
        const int texts = 20, size = 240;
        int seed = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
        Topology topology = Topology.Parse(place, seed);
        foreach (int members in (int[])[8, 32, 50])
            Console.WriteLine(BundleFigures.Compare(topology, members, texts, size, seed));
        return 0;
    }

    Options options = Options.Parse(args);
    var progress = new Progress(options.Quiet ? null : Console.Error, Console.IsErrorRedirected);
    var simulation = new Simulation(options, progress);
    Result result = simulation.Run();
    Console.Write(result.ToTable());
    if (options.Json is not null)
        File.WriteAllText(options.Json, result.ToJson());
    if (options.Svg is not null)
        File.WriteAllText(options.Svg, simulation.Draw());
    return 0;
}
catch (UsageException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
