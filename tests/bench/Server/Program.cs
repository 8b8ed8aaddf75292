using QuicProChat.Mesh.Bench.Server;

// Figures of qpc-server (docs/decisions/server.md, "Figures"). Without arguments all that need no other program; else
// those that are named. "store-postgres", "one" and "two" (processes over PostgreSQL) take an empty database from
// QPC_BENCH_POSTGRES, a connection string.
string[] wanted = args.Length > 0 ? args : ["store", "wire", "wake", "login", "memory"];
Console.WriteLine($"load {File.ReadAllText("/proc/loadavg").Split(' ')[0]} on {Environment.ProcessorCount} processors");
foreach (string name in wanted)
{
    Console.WriteLine(name switch
    {
        "store" => await StoreBench.RunAsync(),
        "wire" => await WireBench.EnqueueAsync(),
        "wake" => await WireBench.WakeAsync(),
        "store-postgres" => await StoreBench.RunPostgresAsync(PostgresBench.Connection),
        "one" => await PostgresBench.RunAsync(1),
        "two" => await PostgresBench.RunAsync(2),
        "login" => LoginBench.Run(),
        "memory" => await MemoryBench.RunAsync(),
        _ => throw new ArgumentException($"No such figure: {name}."),
    });
}
