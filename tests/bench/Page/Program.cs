using QuicProChat.Mesh.Bench;

if (args is not [string program, ..])
{
    Console.Error.WriteLine("usage: bench PROGRAM [bytes|page|memory|lan]...");
    return 2;
}

string directory = Directory.CreateTempSubdirectory("qpc-bench-").FullName;
try
{
    var table = new Table(File.ReadAllText("/proc/loadavg").Trim());
    string full = Path.GetFullPath(program);
    (string Name, Func<Task> Run)[] parts =
    [
        ("bytes", new PageScenarios(full, directory, table).BytesAsync),
        ("page", new PageScenarios(full, directory, table).PageAsync),
        ("memory", new PageScenarios(full, directory, table).MemoryAsync),
        ("lan", new LanScenarios(full, directory, table).RunAsync),
    ];
    foreach ((string name, Func<Task> run) in parts)
    {
        if (args.Length == 1 || args.Contains(name))
            await run();
    }

    table.Print(Console.Out);
    return 0;
}
finally
{
    Directory.Delete(directory, recursive: true);
}
