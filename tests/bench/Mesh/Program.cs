using QuicProChat.Mesh.Bench;

if (args is not [string program, ..])
{
    Console.Error.WriteLine("usage: bench PROGRAM [MESSAGES [start|announce|messages|full|file|memory|size]]");
    return 2;
}

int messages = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 20_000;
string directory = Directory.CreateTempSubdirectory("qpc-bench-").FullName;
try
{
    var table = new Table(File.ReadAllText("/proc/loadavg").Trim());
    await new Scenarios(program, directory, table).RunAsync(messages, args.Length > 2 ? args[2] : null);
    table.Print(Console.Out);
    return 0;
}
finally
{
    Directory.Delete(directory, recursive: true);
}
