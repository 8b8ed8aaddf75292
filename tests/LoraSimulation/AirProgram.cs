using System.Globalization;

namespace QuicProChat.Mesh.LoraSimulation;

/// <summary>
/// <c>lora-air DIRECTORY LINK[:LOSS]...</c> makes one RNode for every station named in the links, as DIRECTORY/NAME,
/// and joins them: <c>lora-air /tmp/air a-b b-c:0.1</c> is a line of three with 10 % loss on its second hop. Runs until
/// its standard input ends. Lines on standard input: <c>unplug NAME</c>, <c>plug NAME</c>, <c>cut A-B</c>,
/// <c>join A-B[:LOSS]</c>, <c>stat</c>.
/// </summary>
internal static class AirProgram
{
    internal static int Run(string[] args, TextWriter output, TextWriter error)
    {
        if (args.Length < 2)
        {
            error.WriteLine("usage: lora-air DIRECTORY A-B[:LOSS] [C-D[:LOSS] ...]");
            return 2;
        }
        Directory.CreateDirectory(args[0]);
        SimulatedAir air = new(new Random());
        Dictionary<string, RNodeSimulator> modems = [];
        using PtyHost host = new(air);
        foreach (string link in args[1..])
        {
            (string a, string b, double loss) = Parse(link);
            foreach (string name in (string[])[a, b])
            {
                if (modems.ContainsKey(name))
                    continue;
                RNodeSimulator modem = new(new Random());
                air.Add(modem);
                modems[name] = modem;
                output.WriteLine($"{name} {host.Add(modem, Path.Combine(args[0], name))}");
            }
            air.Connect(modems[a].Station, modems[b].Station, loss);
        }
        host.Start();
        output.WriteLine("ready");
        output.Flush();
        while (Console.In.ReadLine() is { } line)
        {
            Command(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), modems, air, host, output);
            output.Flush();
        }
        return 0;
    }

    private static void Command(
        string[] words, Dictionary<string, RNodeSimulator> modems, SimulatedAir air, PtyHost host, TextWriter output)
    {
        switch (words)
        {
            case ["unplug", var name] when modems.ContainsKey(name):
                host.Unplug(modems[name]);
                output.WriteLine("ok");
                break;
            case ["plug", var name] when modems.ContainsKey(name):
                host.Plug(modems[name]);
                output.WriteLine("ok");
                break;
            case ["cut" or "join", var link] when Parse(link) is var (a, b, loss) && modems.ContainsKey(a)
                && modems.ContainsKey(b):
                host.Do(_ =>
                {
                    if (words[0] == "cut")
                        air.Disconnect(modems[a].Station, modems[b].Station);
                    else
                        air.Connect(modems[a].Station, modems[b].Station, loss);
                });
                output.WriteLine("ok");
                break;
            case ["stat"]:
                host.Do(_ =>
                {
                    foreach ((string name, RNodeSimulator modem) in modems)
                    {
                        output.WriteLine(string.Create(
                            CultureInfo.InvariantCulture,
                            $"{name} frames {modem.Transmitted.Count} airtime-ms "
                                + $"{modem.TotalAirtime.TotalMilliseconds:F1}"));
                    }
                    output.WriteLine($"air arrivals {air.Arrivals} losses {air.Losses} collisions {air.Collisions}");
                });
                break;
            default:
                output.WriteLine("unknown command");
                break;
        }
    }

    private static (string A, string B, double Loss) Parse(string link)
    {
        string[] parts = link.Split(':');
        string[] ends = parts[0].Split('-', 2);
        double loss = parts.Length > 1 ? double.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        return (ends[0], ends.Length > 1 ? ends[1] : ends[0], loss);
    }
}
