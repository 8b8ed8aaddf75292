using System.Globalization;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>What the user asked for.</summary>
public sealed record Options
{
    /// <summary>How to use the program.</summary>
    public const string Usage = """
        usage: simulate TOPOLOGY [options]
          TOPOLOGY             line:N, grid:N, tree:N, geometric:N[/LINKS], city:N[/LINKS], or a JSON file with links[]
          --loss tq|raw|PERCENT  packets get lost: as the file's link qualities say, where wifi repeats a lost packet
                               seven times as 802.11 does (raw: it does not), or that many percent everywhere
          --tcp thin|plain|capped  time-outs of TCP: linear at first, as the node's sockets ask for,
              always doubled, or linear and then a second at most, as Linux from 6.15 on does (thin)
          --delay MS           delay of every link (1)
          --rate BITS          bit rate of every link (none; 5470 on radio)
          --medium stream|radio  links are TCP with TLS, or one shared radio channel (stream)
          --routes push|ask    routes are told to all neighbours,
              or asked for by flooding when a message wants one (push)
          --mobility METRES    every 10 s each node jumps that far (geometric only)
          --churn PERCENT      that many percent of the nodes restart every minute, half of them by losing power
          --liar NODES         that many of the best connected nodes advertise a false metric for everything
          --claim MS           the metric that they advertise (0)
          --carrier yes|no     links notice when their wire is cut (yes; no with --mobility)
          --messages N         how many messages are sent (1000)
          --duration SECONDS   length of the measurement (600)
          --seed N             the seed (1)
          --json FILE          writes the result
          --svg FILE           draws the network
          --quiet              no progress
        """;

    /// <summary>LoRa at spreading factor 7, 125 kHz, coding rate 4/5.</summary>
    private const long LoRaBitRate = 5470;

    /// <summary>File or generator.</summary>
    public required string Topology { get; init; }

    /// <summary>Loss by the topology's qualities.</summary>
    public bool LossByQuality { get; init; }

    /// <summary>Wi-Fi links do not repeat what gets lost.</summary>
    public bool RawLoss { get; init; }

    /// <summary>Every time-out of TCP doubles the next, as without TCP_THIN_LINEAR_TIMEOUTS.</summary>
    public bool PlainTcp { get; init; }

    /// <summary>No time-out of TCP is longer than a second, as with TCP_RTO_MAX_MS.</summary>
    public bool CappedTcp { get; init; }

    /// <summary>Loss everywhere, 0..1.</summary>
    public double Loss { get; init; }

    /// <summary>Delay of every link.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Bit rate of every link; 0 for none.</summary>
    public long Rate { get; init; }

    /// <summary>One shared radio channel in place of streams.</summary>
    public bool Radio { get; init; }

    /// <summary>Streams push no routes, as radios do: whoever has a message asks for one.</summary>
    public bool AskRoutes { get; init; }

    /// <summary>Metres of a jump every ten seconds; 0 for none.</summary>
    public double Mobility { get; init; }

    /// <summary>Share of the nodes that restart per minute, 0..1.</summary>
    public double Churn { get; init; }

    /// <summary>Nodes that lie about their metrics.</summary>
    public int Liars { get; init; }

    /// <summary>The metric that liars advertise for everything.</summary>
    public Metric Claim { get; init; } = Metric.Zero;

    /// <summary>Links have a carrier; null: unless nodes move.</summary>
    public bool? Carrier { get; init; }

    /// <summary>Messages to send.</summary>
    public int Messages { get; init; } = 1000;

    /// <summary>Length of the measurement.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>The seed of everything that is left to chance.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where the result goes.</summary>
    public string? Json { get; init; }

    /// <summary>Where the picture goes.</summary>
    public string? Svg { get; init; }

    /// <summary>No progress.</summary>
    public bool Quiet { get; init; }

    /// <summary>Nodes come, go, move or lie while messages travel.</summary>
    public bool Dynamic => Mobility > 0 || Churn > 0 || Liars > 0;

    /// <summary>Reads the command line.</summary>
    /// <exception cref="UsageException">The message says what is wrong.</exception>
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || arguments[0].StartsWith('-'))
            throw new UsageException(Usage);
        var options = new Options { Topology = arguments[0] };
        for (int i = 1; i < arguments.Count; i++)
        {
            string name = arguments[i];
            if (name == "--quiet")
            {
                options = options with { Quiet = true };
                continue;
            }

            if (i + 1 == arguments.Count)
                throw new UsageException($"{name} needs a value");
            options = options.With(name, arguments[++i]);
        }

        return options;
    }

    private Options With(string name, string value) => name switch
    {
        "--loss" when value is "tq" or "raw" => this with { LossByQuality = true, RawLoss = value == "raw" },
        "--loss" => this with { Loss = Number(name, value, 0, 99) / 100 },
        "--tcp" when value is "thin" or "plain" or "capped" =>
            this with { PlainTcp = value == "plain", CappedTcp = value == "capped" },
        "--delay" => this with { Delay = TimeSpan.FromMilliseconds(Number(name, value, 0.01, 10_000)) },
        "--rate" => this with { Rate = (long)Number(name, value, 100, 1e12) },
        "--medium" when value is "stream" or "radio" =>
            this with { Radio = value == "radio", Rate = value == "radio" && Rate == 0 ? LoRaBitRate : Rate },
        "--routes" when value is "push" or "ask" => this with { AskRoutes = value == "ask" },
        "--mobility" => this with { Mobility = Number(name, value, 0, 1e6) },
        "--churn" => this with { Churn = Number(name, value, 0, 100) / 100 },
        "--liar" => this with { Liars = (int)Number(name, value, 0, 1000) },
        "--claim" => this with { Claim = Metric.FromUnits((uint)(Number(name, value, 0, 1e6) * 10)) },
        "--carrier" when value is "yes" or "no" => this with { Carrier = value == "yes" },
        "--messages" => this with { Messages = (int)Number(name, value, 1, 1e7) },
        "--duration" => this with { Duration = TimeSpan.FromSeconds(Number(name, value, 1, 1e7)) },
        "--seed" => this with { Seed = (int)Number(name, value, 0, int.MaxValue) },
        "--json" => this with { Json = value },
        "--svg" => this with { Svg = value },
        _ => throw new UsageException($"{name} {value} is not an option\n{Usage}"),
    };

    private static double Number(string name, string value, double least, double most) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most
            ? number
            : throw new UsageException($"{name} needs a number from {least} to {most}, not '{value}'");
}
