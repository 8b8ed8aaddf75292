using System.Text;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.LoraSimulation;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Transports.Lora;
using QuicProChat.Mesh.Transports.Lora.Adaptation;
using QuicProChat.Mesh.Transports.Lora.Modems;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Tests.Lora;

/// <summary>
/// Stations in a grid, each in range of those beside, above and below it: whoever is two steps away is hidden. Users
/// write to each other at random, and it is counted what became of it and what the air was used for.
/// </summary>
internal sealed class RadioGrid : IDisposable
{
    /// <summary>A sealed text of 40 characters.</summary>
    internal const int TextSize = 141;

    private readonly List<RoutedStation> _stations = [];
    private readonly List<Bench.Node> _nodes = [];
    private readonly List<Message> _messages = [];
    private readonly Bench _bench;
    private readonly LoraOptions _options;
    private readonly Random _random;

    internal RadioGrid(int columns, int rows, double loss, string settings, int seed)
    {
        SimulatedAir air = new(new Random(seed));
        _bench = new Bench(air);
        _options = Bench.Options(settings);
        _random = new Random(seed + 1);
        for (int i = 0; i < columns * rows; i++)
        {
            if (i % columns < columns - 1)
                air.Connect(i, i + 1, loss);
            if (i + columns < columns * rows)
                air.Connect(i, i + columns, loss);
        }
        Random random = new(seed);
        for (int i = 0; i < columns * rows; i++)
        {
            byte[] key = new byte[32];
            random.NextBytes(key);
            RoutedStation station = new(_options, LocalIdentity.FromSeed(key), random, _bench.Now);
            _stations.Add(station);
            _nodes.Add(_bench.Add(
                ModemFactory.Create(_options, _options.Modem, new Random(random.Next())),
                new RNodeSimulator(new Random(random.Next())),
                client: station));
        }
    }

    private readonly record struct Message(int From, int To, EnvelopeId Id, TimeSpan At);

    /// <summary>What became of the messages of some time.</summary>
    /// <param name="Sent">How many there were.</param>
    /// <param name="Delivered">Share that arrived.</param>
    /// <param name="Confirmed">Share whose receipt came back.</param>
    /// <param name="Median">Half of those that arrived took at most this.</param>
    /// <param name="P95">19 of 20 that arrived took at most this.</param>
    internal readonly record struct Figures(int Sent, double Delivered, double Confirmed, TimeSpan Median, TimeSpan P95)
    {
        public override string ToString() =>
            $"{Sent} messages, {Delivered:P1} delivered, {Confirmed:P1} confirmed, median {Median.TotalSeconds:F1} s, "
                + $"95 % {P95.TotalSeconds:F0} s";
    }

    internal TimeSpan Now => _bench.Now;

    internal TimeSpan Budget => _options.Band.Budget;

    /// <summary>The most that any station transmitted in any hour.</summary>
    internal TimeSpan MostInAnHour => _nodes.Max(BusiestHour);

    /// <summary>Each station writes a message in that time on average, to somebody at random.</summary>
    internal void Talk(TimeSpan time, TimeSpan interval)
    {
        TimeSpan end = _bench.Now + time;
        while (_bench.Now < end)
        {
            int from = _random.Next(_stations.Count);
            int to = (from + 1 + _random.Next(_stations.Count - 1)) % _stations.Count;
            RoutedStation station = _stations[from];
            EnvelopeId id = station.SendText(_messages.Count, station.Identity.Address,
                _stations[to].Identity.Address, TextSize);
            _messages.Add(new Message(from, to, id, _bench.Now));
            _bench.RunFor(-Math.Log(1 - _random.NextDouble()) * interval / _stations.Count);
        }
    }

    internal void RunFor(TimeSpan time) => _bench.RunFor(time);

    /// <summary>Waits until every message is confirmed.</summary>
    internal void Finish(TimeSpan most)
    {
        for (TimeSpan end = _bench.Now + most; _bench.Now < end && _messages.Exists(m => !IsConfirmed(m));)
            _bench.RunFor(TimeSpan.FromMinutes(1));
    }

    /// <summary>What became of the messages that were written from then on.</summary>
    internal Figures Since(TimeSpan start)
    {
        List<(Message Message, TimeSpan? Took)> counted =
            [.. _messages.Select((m, n) => (m, _stations[m.To].ArrivedAt(n) - m.At)).Where(m => m.m.At >= start)];
        List<TimeSpan> took = [.. counted.Where(m => m.Took is not null).Select(m => m.Took!.Value).Order()];
        return new Figures(
            counted.Count, took.Count / (double)counted.Count,
            counted.Count(m => IsConfirmed(m.Message)) / (double)counted.Count,
            took.Count == 0 ? TimeSpan.Zero : took[took.Count / 2], took.Count == 0 ? TimeSpan.Zero
                : took[took.Count * 95 / 100]);
    }

    private bool IsConfirmed(Message message) => _stations[message.From].States[message.Id] == MessageState.Delivered;

    /// <summary>Airtime of all stations by what it carried, and what their counters say.</summary>
    internal string DescribeAir()
    {
        StringBuilder text = new();
        SortedDictionary<string, (int Frames, double Seconds)> uses = [];
        foreach (Bench.Node node in _nodes)
        {
            for (int n = 0; n < node.Simulator.Transmitted.Count; n++)
            {
                List<string> items = ItemsOf(node.Simulator.Transmitted[n]);
                foreach (string item in items)
                {
                    (int frames, double seconds) = uses.GetValueOrDefault(item);
                    uses[item] = (frames + 1, seconds
                        + (node.Simulator.Transmissions[n].Airtime.TotalSeconds / items.Count));
                }
            }
        }
        text.Append(
            $"air: {_bench.Air!.Arrivals} arrived, {_bench.Air.Losses} lost, {_bench.Air.Collisions} collided;");
        foreach ((string item, (int frames, double seconds)) in uses)
            text.Append($" {item} {frames} ({seconds:F0} s)");
        text.AppendLine().Append("routes:");
        foreach (RouteCounter c in Enum.GetValues<RouteCounter>())
            Append(text, c, _stations.Sum(s => s.Router.RouteCounters[c]));
        text.AppendLine().Append("router:");
        foreach (RouterCounter c in Enum.GetValues<RouterCounter>())
            Append(text, c, _stations.Sum(s => s.Router.Counters[c]));
        text.AppendLine().Append("radio:");
        Append(text, "Deferred", _stations.Sum(s => s.Medium.Counters.Deferred));
        Append(text, "Duplicates", _stations.Sum(s => s.Medium.Counters.Duplicates));
        Append(text, "Spared", _stations.Sum(s => s.Medium.Counters.Spared));
        Append(text, "Repeats", _stations.Sum(s => s.Medium.Neighbours.Sum(n => n.Repeats)));
        Append(text, "GivenUp", _stations.Sum(s => s.Medium.Neighbours.Sum(n => n.GivenUp)));
        Append(text, "Queued", _stations.Sum(s => s.Medium.Neighbours.Sum(n => n.Queued)));
        Append(text, "Up", _stations.Sum(s => s.Medium.Neighbours.Count(n => n.IsUp)));
        Append(text, "Routes", _stations.Sum(s => s.Router.RouteCount));
        Append(text, "Known", _stations.Sum(s => s.Router.KnownNodes));
        return text.ToString();
    }

    private static void Append(StringBuilder text, object name, long count)
    {
        if (count != 0)
            text.Append($" {name} {count}");
    }

    // The first byte is the modem's own.
    private static List<string> ItemsOf(byte[] transmitted)
    {
        const int CheckSize = 2;
        Assert.True(RadioFrame.TryRead(transmitted.AsSpan(1), CheckSize, out RadioFrame frame));
        if (frame.Type == RadioFrameType.Discovery)
            return [((DiscoveryKind)frame.Sequence).ToString()];
        if (frame.Type == RadioFrameType.Acknowledgement)
            return ["Acknowledgement"];
        List<string> items = [];
        int tail = frame.Type == RadioFrameType.Broadcast ? CheckSize * frame.Sequence : CheckSize;
        ReadOnlySpan<byte> body = transmitted.AsSpan(1)[RadioFrame.HeaderSize..^tail];
        while (RadioItem.TryRead(ref body, out RadioItem item))
        {
            items.Add(item.Kind switch
            {
                RadioItemKind.Frame => NameOf(item.RestoreFrame()),
                RadioItemKind.Envelope => ((EnvelopeKind)((item.Header >> 3) & 7)).ToString(),
                _ => item.Kind.ToString(),
            });
        }
        return items.Count > 0 ? items : ["Probe"];
    }

    private static string NameOf(ReadOnlySpan<byte> frame) =>
        PathRequest.TryRead(frame[1..], out PathRequest request) && request.FreshSequence
            && frame[0] == (byte)FrameKind.PathRequest
            ? "SequenceRequest"
            : ((FrameKind)frame[0]).ToString();

    private static TimeSpan BusiestHour(Bench.Node node)
    {
        TimeSpan sum = TimeSpan.Zero, most = TimeSpan.Zero;
        int first = 0;
        List<(TimeSpan End, TimeSpan Airtime)> log = node.Simulator.Transmissions;
        for (int last = 0; last < log.Count; last++)
        {
            sum += log[last].Airtime;
            while (log[first].End <= log[last].End - TimeSpan.FromHours(1))
                sum -= log[first++].Airtime;
            most = sum > most ? sum : most;
        }
        return most;
    }

    public void Dispose() => _stations.ForEach(s => s.Dispose());
}
