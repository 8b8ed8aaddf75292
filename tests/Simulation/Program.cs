using QuicProChat.Mesh.Simulation;

try
{
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
