using QuicProChat.Mesh.Bench.Server;

// Figures of qpc-server (docs/reference/client-server.md, "Figures"). Without arguments all; else those that are named.
string[] wanted = args.Length > 0 ? args : ["store", "wire", "wake", "login", "memory"];
Console.WriteLine($"load {File.ReadAllText("/proc/loadavg").Split(' ')[0]} on {Environment.ProcessorCount} processors");
foreach (string name in wanted)
{
    Console.WriteLine(name switch
    {
        "store" => await StoreBench.RunAsync(),
        "wire" => await WireBench.EnqueueAsync(),
        "wake" => await WireBench.WakeAsync(),
        "login" => LoginBench.Run(),
        "memory" => await MemoryBench.RunAsync(),
        _ => throw new ArgumentException($"No such figure: {name}."),
    });
}
