using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace QuicProChat.Mesh.Bench;

/// <summary>The table of figures, measured on real processes over loopback TCP.</summary>
internal sealed class Scenarios(string program, string directory, Table table)
{
    private const int TextBytes = 100;
    private const int ManyInFlight = 16;
    private const int ManyForwarded = 100_000;
    private const int ManyRoutes = 1_000;

    /// <summary>Long enough to be called idle.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(12);

    private int _networks;

    /// <summary>
    /// Runs the scenarios; one alone if it is named (start, announce, messages, full, file, memory, size).
    /// </summary>
    internal async Task RunAsync(int messages, string? only)
    {
        (string Name, Func<Task> Run)[] all =
        [
            ("start", StartAsync),
            ("announce", AnnounceAsync),
            ("messages", () => TwoHopsAsync(messages)),
            ("full", () => TwoHopsFullAsync(Math.Min(messages, 5_000))),
            ("file", FileAsync),
            ("memory", MemoryAsync),
            ("size", SizeAsync),
        ];
        foreach ((string name, Func<Task> run) in all)
        {
            if (only is null || only == name)
                await run();
        }
    }

    private Task SizeAsync()
    {
        table.Add("static binary", "<= 14 MB", $"{new FileInfo(program).Length / 1e6:0.0} MB");
        return Task.CompletedTask;
    }

    private string NewDirectory() =>
        Directory.CreateDirectory(
            Path.Combine(directory, (++_networks).ToString(CultureInfo.InvariantCulture))).FullName;

    private Task<Daemon> NodeAsync(string where, string name, params string[] arguments) =>
        Daemon.StartAsync(program, where, name, arguments);

    private async Task StartAsync()
    {
        const int runs = 5;
        string where = NewDirectory();
        var times = new List<double>();
        for (int i = 0; i < runs; i++)
        {
            using Daemon node = await NodeAsync(where, "start", "--listen", "tcp://127.0.0.1:0");
            times.Add(node.StartTime.TotalMilliseconds);
        }

        times.Sort();
        table.Add("start to listening", "<= 100 ms", $"{times[runs / 2]:0} ms",
            $"best {times[0]:0}, worst {times[^1]:0}");
    }

    private async Task AnnounceAsync()
    {
        string where = NewDirectory();
        var line = new List<Daemon> { await NodeAsync(where, "n0", "--listen", "tcp://127.0.0.1:0") };
        for (int i = 1; i < 4; i++)
            line.Add(await NodeAsync(where, $"n{i}", "--listen", "tcp://127.0.0.1:0", "--peer", line[^1].Uri!));
        await line[0].HasRouteAsync(line[^1].Address);

        // The newcomer's announce crosses the line; measured from its link to the other end's route.
        using Daemon last = await NodeAsync(where, "n4");
        using var watching = new Client(line[0].Control);
        using (watching.Ask("{\"command\":\"events\"}"))
        {
        }

        using var newcomer = new Client(last.Control);
        using (newcomer.Ask("{\"command\":\"events\"}"))
        {
        }

        using var control = new Client(last.Control);
        using (control.Ask($"{{\"command\":\"connect\",\"uri\":\"{line[^1].Uri}\"}}"))
        {
        }

        long up = 0;
        while (up == 0)
        {
            if (Encoding.UTF8.GetString((newcomer.ReadLine()).Span).Contains("\"peerUp\"", StringComparison.Ordinal))
                up = Stopwatch.GetTimestamp();
        }

        while (!Encoding.UTF8.GetString((watching.ReadLine()).Span).Contains(last.Address, StringComparison.Ordinal))
        {
        }

        table.Add("announce over a line of five, last node", "<= 0.2 s",
            $"{Stopwatch.GetElapsedTime(up).TotalSeconds:0.000} s");
        line.ForEach(n => n.Dispose());
    }

    private async Task TwoHopsAsync(int messages)
    {
        string where = NewDirectory();
        // Sealed first: by default bob would begin a group of two with the first text.
        string settings = Path.Combine(where, "sealed.json");
        await File.WriteAllTextAsync(settings, "{ \"directMessages\": \"sealed\" }");
        using Daemon relay = await NodeAsync(where, "relay", "--listen", "tcp://127.0.0.1:0");
        using Daemon alice = await NodeAsync(where, "alice", "--config", settings, "--peer", relay.Uri!);
        using Daemon bob = await NodeAsync(where, "bob", "--config", settings, "--peer", relay.Uri!);
        await alice.HasRouteAsync(bob.Address);
        await bob.HasRouteAsync(alice.Address);

        Send(alice, bob, 2_000, ManyInFlight);
        TimeSpan[] before = Used(alice, relay, bob);
        Run many = Send(alice, bob, messages, ManyInFlight);
        table.Add("two hops, sealed, 16 in flight, durability normal", ">= 10,000/s", $"{many.PerSecond:#,0}/s",
            Each(before, Used(alice, relay, bob), messages));

        int alone = Math.Min(messages, 5_000);
        before = Used(alice, relay, bob);
        Run single = Send(alice, bob, alone, 1);
        table.Add(
            "two hops, sealed, one in flight, p50", "<= 0.4 ms", $"{single.Percentile(50):0.00} ms",
            $"p99 {single.Percentile(99):0.00} ms, {single.PerSecond:#,0}/s; "
                + $"{Each(before, Used(alice, relay, bob), alone)}");
        await UnderMlsAsync(alice, relay, bob, messages);
    }

    /// <summary>The same once both know each other, and their texts go under MLS.</summary>
    private async Task UnderMlsAsync(Daemon alice, Daemon relay, Daemon bob, int messages)
    {
        Send(bob, alice, 1, 1);
        foreach ((Daemon node, Daemon other) in new[] { (alice, bob), (bob, alice) })
        {
            using var owner = new Client(node.Control);
            Result(owner, $"{{\"command\":\"conversation-set\",\"to\":\"{other.Address}\",\"security\":\"auto\"}}");
        }

        using (var client = new Client(alice.Control))
        {
            while (Result(client, "{\"command\":\"conversations\"}")[0].GetProperty("security").GetString() != "mls")
                await Task.Delay(10);
        }

        Send(alice, bob, 500, ManyInFlight);
        TimeSpan[] before = Used(alice, relay, bob);
        Run many = Send(alice, bob, messages, ManyInFlight);
        table.Add("the same under MLS, 16 in flight", ">= 7,000/s", $"{many.PerSecond:#,0}/s",
            Each(before, Used(alice, relay, bob), messages));
        int alone = Math.Min(messages, 5_000);
        Run single = Send(alice, bob, alone, 1);
        table.Add(
            "the same under MLS, one in flight, p50", "<= 0.45 ms", $"{single.Percentile(50):0.00} ms",
            $"p99 {single.Percentile(99):0.00} ms, {single.PerSecond:#,0}/s");
    }

    /// <summary>
    /// A file over two hops, from the word that accepts it to the last chunk on the receiver's disk, and texts
    /// meanwhile.
    /// </summary>
    private async Task FileAsync()
    {
        const int size = 10_000_000;
        const int runs = 5;
        string where = NewDirectory();
        string settings = Path.Combine(where, "file.json");
        await File.WriteAllTextAsync(settings, "{ \"fileBytesPerSecond\": \"1G\" }");
        using Daemon relay = await NodeAsync(where, "relay", "--listen", "tcp://127.0.0.1:0");
        using Daemon alice = await NodeAsync(where, "alice", "--config", settings, "--peer", relay.Uri!);
        using Daemon bob = await NodeAsync(where, "bob", "--peer", relay.Uri!);
        await alice.HasRouteAsync(bob.Address);
        await bob.HasRouteAsync(alice.Address);
        Send(alice, bob, 100, 1);
        using var sender = new Client(alice.Control);
        using var receiver = new Client(bob.Control);
        var seconds = new List<double>();
        double slowest = 0;
        for (int run = 0; run < runs; run++)
        {
            string id = Offer(sender, bob.Address, size);
            while (!Result(receiver, $"{{\"command\":\"file-list\"}}").EnumerateArray()
                .Any(f => f.GetProperty("id").GetString() == id))
                await Task.Delay(5);
            long begin = Stopwatch.GetTimestamp();
            Result(receiver, $"{{\"command\":\"file-accept\",\"id\":\"{id}\"}}");
            while (Result(receiver, $"{{\"command\":\"file-show\",\"id\":\"{id}\"}}").GetProperty("state")
                .GetString() != "here")
                slowest = Math.Max(slowest, Send(alice, bob, 1, 1).Percentile(99));
            seconds.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
            foreach (Client end in (Client[])[sender, receiver])
                Result(end, $"{{\"command\":\"delete\",\"id\":\"{id}\"}}");
        }

        seconds.Sort();
        table.Add(
            "file of 10 MB, two hops, with texts meanwhile", ">= 150 MB/s", $"{size / 1e6 / seconds[runs / 2]:0} MB/s",
            $"best {size / 1e6 / seconds[0]:0} MB/s; slowest text meanwhile {slowest:0.0} ms");
    }

    private static string Offer(Client client, string to, int size)
    {
        byte[] some = new byte[192 << 10];
        new Random(size).NextBytes(some);
        string upload = Result(client, $"{{\"command\":\"file-begin\",\"name\":\"bench.bin\",\"size\":{size}}}")
            .GetProperty("upload").GetString()!;
        for (int sent = 0; sent < size; sent += some.Length)
        {
            string data = Convert.ToBase64String(some.AsSpan(0, Math.Min(some.Length, size - sent)));
            Result(client, $"{{\"command\":\"file-data\",\"upload\":\"{upload}\",\"data\":\"{data}\"}}");
        }

        return Result(client, $"{{\"command\":\"file-offer\",\"to\":\"{to}\",\"upload\":\"{upload}\"}}")
            .GetProperty("id").GetString()!;
    }

    private static JsonElement Result(Client client, string request)
    {
        using JsonDocument reply = client.Ask(request);
        return reply.RootElement.TryGetProperty("result", out JsonElement result)
            ? result.Clone() : throw new InvalidOperationException(reply.RootElement.GetRawText());
    }

    private static TimeSpan[] Used(params Daemon[] daemons) =>
        [.. daemons.Select(d => d.ProcessorTime), Environment.CpuUsage.TotalTime];

    private static string Each(TimeSpan[] before, TimeSpan[] after, int messages) =>
        "processor time "
            + $"{string.Join(" + ", before.Zip(after, (b, a) => $"{(a - b).TotalMicroseconds / messages:0}"))} us a "
            + "message (alice + relay + bob + this client)";

    private async Task TwoHopsFullAsync(int messages)
    {
        string where = NewDirectory();
        string configuration = Path.Combine(where, "full.json");
        await File.WriteAllTextAsync(configuration, "{ \"durability\": \"full\", \"directMessages\": \"sealed\" }");
        using Daemon relay =
            await NodeAsync(where, "relay", "--config", configuration, "--listen", "tcp://127.0.0.1:0");
        using Daemon alice = await NodeAsync(where, "alice", "--config", configuration, "--peer", relay.Uri!);
        using Daemon bob = await NodeAsync(where, "bob", "--config", configuration, "--peer", relay.Uri!);
        await alice.HasRouteAsync(bob.Address);
        await bob.HasRouteAsync(alice.Address);
        Send(alice, bob, 500, ManyInFlight);
        Run run = Send(alice, bob, messages, ManyInFlight);
        table.Add("two hops, sealed, 16 in flight, durability full", ">= 2,000/s", $"{run.PerSecond:#,0}/s",
            $"p50 {run.Percentile(50):0.0} ms");
    }

    /// <summary>
    /// A relay with ten peers and a thousand routes; then the same after it has forwarded a hundred thousand messages.
    /// </summary>
    private async Task MemoryAsync()
    {
        const int peers = 9; // and the crowd
        string where = NewDirectory();
        using Daemon relay = await NodeAsync(where, "relay", "--listen", "tcp://127.0.0.1:0");
        var others = new List<Daemon>();
        for (int i = 0; i < peers; i++)
            others.Add(await NodeAsync(where, $"p{i}", "--peer", relay.Uri!));
        foreach (Daemon other in others.Skip(1))
            await others[0].HasRouteAsync(other.Address);
        using var crowd = new Crowd(ManyRoutes);
        await crowd.ConnectAsync(relay.Uri!);
        using (var client = new Client(relay.Control))
        {
            while (true)
            {
                using JsonDocument status = client.Ask("{\"command\":\"status\"}");
                if (status.RootElement.GetProperty("result").GetProperty("routes").GetInt32() >= ManyRoutes)
                    break;
                await Task.Delay(50);
            }
        }

        await Task.Delay(Idle);
        table.Add("resident, idle, 10 peers, 1,000 routes", "<= 20 MB", $"{relay.ResidentBytes / 1e6:0.0} MB");

        await others[1].HasRouteAsync(others[0].Address);
        Send(others[0], others[1], ManyForwarded, 256);
        string atOnce = $"at once {relay.ResidentBytes / 1e6:0.0} MB; ";
        await Task.Delay(Idle);
        table.Add("the same after 100,000 forwarded messages", "<= 28 MB", $"{relay.ResidentBytes / 1e6:0.0} MB",
            $"{atOnce}sender {others[0].ResidentBytes / 1e6:0.0} MB, receiver {others[1].ResidentBytes / 1e6:0.0} MB");
        others.ForEach(o => o.Dispose());
    }

    /// <summary>Sends messages that are answered when they are proven delivered, so many at a time.</summary>
    private static Run Send(Daemon from, Daemon to, int count, int inFlight)
    {
        // An established conversation: strangers have a small share of the disk.
        using (var owner = new Client(to.Control))
            owner.Ask($"{{\"command\":\"accept\",\"to\":\"{from.Address}\"}}").Dispose();
        using var client = new Client(from.Control);
        string text = new('x', TextBytes);
        var started = new long[count];
        var times = new double[count];
        var lines = new MemoryStream();
        long begin = Stopwatch.GetTimestamp();
        int sent = 0;
        int answered = 0;
        while (answered < count)
        {
            lines.SetLength(0);
            for (; sent < count && sent - answered < inFlight; sent++)
            {
                started[sent] = Stopwatch.GetTimestamp();
                lines.Write(Encoding.UTF8.GetBytes(
                    $"{{\"command\":\"send\",\"tag\":{sent},\"to\":\"{to.Address}\",\"text\":\"{text}\","
                        + "\"wait\":\"delivered\"}\n"));
            }

            if (lines.Length > 0)
                client.Send(lines.GetBuffer().AsSpan(0, (int)lines.Length));
            do
            {
                int tag = Tag(client.ReadLine());
                times[tag] = Stopwatch.GetElapsedTime(started[tag]).TotalMilliseconds;
                answered++;
            }
            while (answered < sent && client.HasLine);
        }

        return new Run(Stopwatch.GetElapsedTime(begin), times);
    }

    private static int Tag(ReadOnlyMemory<byte> line)
    {
        var reader = new Utf8JsonReader(line.Span);
        int tag = -1;
        bool delivered = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("tag"u8))
            {
                reader.Read();
                tag = reader.GetInt32();
            }
            else if (reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("delivered"u8))
            {
                delivered = true;
            }
        }

        return delivered ? tag : throw new InvalidOperationException(Encoding.UTF8.GetString(line.Span));
    }

    private sealed class Run
    {
        private readonly double[] _times;

        internal Run(TimeSpan took, double[] times)
        {
            _times = times;
            Array.Sort(_times);
            PerSecond = times.Length / took.TotalSeconds;
        }

        internal double PerSecond { get; }

        /// <summary>In milliseconds.</summary>
        internal double Percentile(int percent) => _times[Math.Min(_times.Length - 1, _times.Length * percent / 100)];
    }
}
