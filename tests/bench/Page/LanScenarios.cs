using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace QuicProChat.Mesh.Bench;

/// <summary>
/// Two machines on one LAN (network namespaces, so root): how soon they have a link, and what discovery says at rest.
/// </summary>
internal sealed class LanScenarios(string program, string directory, Table table)
{
    private const int Pairs = 5;

    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Counted = TimeSpan.FromSeconds(180);

    internal async Task RunAsync()
    {
        if (Environment.UserName != "root")
        {
            table.Add("two nodes on one LAN, start to link", "<= 2 s", "not measured", "needs root");
            return;
        }

        var times = new List<double>();
        for (int i = 0; i < Pairs; i++)
            times.Add(await PairAsync(i));
        times.Sort();
        table.Add("two nodes on one LAN, start to link by mDNS", "<= 2 s", $"{times[Pairs / 2]:0} ms",
            $"median of {Pairs}; slowest {times[^1]:0} ms");
    }

    private async Task<double> PairAsync(int number)
    {
        string bridge = $"qpcb{Environment.ProcessId}-{number}", a = bridge + "a", b = bridge + "b";
        try
        {
            Do("netns", "add", bridge);
            Do("-n", bridge, "link", "add", "br0", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0");
            Do("-n", bridge, "link", "set", "br0", "up");
            Plug(bridge, a, 1);
            Plug(bridge, b, 2);
            using Daemon first = await StartAsync(a, number);
            await Task.Delay(TimeSpan.FromSeconds(2));
            var clock = Stopwatch.StartNew();
            using Daemon second = await StartAsync(b, number);
            using var client = new Client(second.Control);
            while (Peers(client) == 0)
                await Task.Delay(2);
            double time = clock.Elapsed.TotalMilliseconds;
            if (number == Pairs - 1)
                await CountAsync(a, b);
            return time;
        }
        finally
        {
            foreach (string name in (string[])[a, b, bridge])
                Do("netns", "delete", name);
        }
    }

    // The mesh runs over TCP here: every datagram is discovery's.
    private async Task CountAsync(string a, string b)
    {
        await Task.Delay(Settles);
        long before = Datagrams(a) + Datagrams(b);
        await Task.Delay(Counted);
        double each = (Datagrams(a) + Datagrams(b) - before) / 2.0 / Counted.TotalMinutes;
        table.Add("discovery at rest, packets of a node", "",
            string.Create(CultureInfo.InvariantCulture, $"{each:0.00} a minute"),
            $"over {Counted.TotalSeconds:0} s, {Settles.TotalSeconds:0} s after the start");
    }

    private static long Datagrams(string machine)
    {
        string[] udp = [.. Run("netns", "exec", machine, "cat", "/proc/net/snmp").Split('\n')
            .Where(static l => l.StartsWith("Udp: ", StringComparison.Ordinal))];
        int column = Array.IndexOf(udp[0].Split(' '), "OutDatagrams");
        string six = Run("netns", "exec", machine, "cat", "/proc/net/snmp6").Split('\n')
            .First(static l => l.StartsWith("Udp6OutDatagrams", StringComparison.Ordinal));
        return long.Parse(udp[1].Split(' ')[column], CultureInfo.InvariantCulture)
            + long.Parse(six.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static int Peers(Client client)
    {
        using JsonDocument reply = client.Ask("{\"command\":\"peers\"}");
        return reply.RootElement.GetProperty("result").GetArrayLength();
    }

    private async Task<Daemon> StartAsync(string machine, int number)
    {
        string starter = Path.Combine(directory, $"in-{machine}");
        await File.WriteAllTextAsync(starter, $"#!/bin/sh\nexec ip netns exec {machine} {program} \"$@\"\n");
        File.SetUnixFileMode(starter, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string where = Directory.CreateDirectory(Path.Combine(directory, machine)).FullName;
        return await Daemon.StartAsync(starter, where, $"node{number}", "--listen", "tcp://[::]:4711",
            "--discovery", "both");
    }

    private static void Plug(string bridge, string machine, int port)
    {
        Do("netns", "add", machine);
        Do("-n", machine, "link", "set", "lo", "up");
        Do("link", "add", $"p{port}", "netns", bridge, "type", "veth", "peer", "name", "eth0", "netns", machine);
        Do("-n", machine, "address", "add", $"10.99.0.{port}/24", "dev", "eth0");
        Do("-n", bridge, "link", "set", $"p{port}", "master", "br0");
        Do("-n", bridge, "link", "set", $"p{port}", "up");
        Do("-n", machine, "link", "set", "eth0", "up");
    }

    private static void Do(params string[] arguments) => _ = Run(arguments);

    private static string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("ip") { RedirectStandardOutput = true };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process ran = Process.Start(start)!;
        string said = ran.StandardOutput.ReadToEnd();
        ran.WaitForExit();
        return ran.ExitCode == 0 ? said
            : throw new InvalidOperationException($"ip {string.Join(' ', arguments)} ended with {ran.ExitCode}");
    }
}
