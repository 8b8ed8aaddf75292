using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// Every key of the configuration file, in the order of docs/configuration.md. One table serves reading, error
/// messages and the test that holds the manual to it.
/// </summary>
internal static class Settings
{
    internal const int MaxNameBytes = 20;

    internal const string UriForm = "link URIs: tcp://host:port, quic://host:port, with #qpc1... to pin an address";

    private const string LevelForm = "trace, debug, info, warning, error";
    private const string DurabilityForm = "full, normal, memory";

    internal static readonly IReadOnlyList<Setting> All =
    [
        Setting.Path("dataDir", (c, v) => c.DataDirectory = v),
        Setting.Path("keyFile", (c, v) => c.KeyFile = v),
        Setting.Path("control", (c, v) => c.Control = v),
        Setting.Text("controlGroup", "the name or number of a group", false, (c, v) => IsGroup(v) && Set(c.ControlGroup = v)),
        Setting.Text("name", $"a text of at most {MaxNameBytes} bytes without control characters", true, (c, v) => NodeName.IsValid(v) && Set(c.Name = v))
            with { Explain = NodeName.Explain },
        Setting.Texts("listen", "a list of " + ListenUri.Form, ListenUri.Check, (c, v) => c.Listen = v),
        Setting.Texts("peers", "a list of " + UriForm, CheckPeer, (c, v) => c.Peers = v),
        Setting.Path("networkKeyFile", (c, v) => c.NetworkKeyFile = v),
        Setting.Path("passphraseFile", (c, v) => c.PassphraseFile = v),
        Setting.Text("durability", DurabilityForm, false, (c, v) => TryParse(v, out Durability d) && Set(c.Durability = d)),
        Setting.Text("logLevel", LevelForm, true, (c, v) => TryParse(v, out LogLevel l) && Set(c.LogLevel = l)),
        Setting.Text("metricsListen", "address:port, such as 127.0.0.1:9469", false,
            (c, v) => IpText.TryParseEndpoint(v, out _) && Set(c.MetricsListen = v)),
        Setting.Flag("relay", (c, v) => c.Relay = v),
        Setting.Flag("storeAndForward", (c, v) => c.StoreAndForward = v),
        Setting.Number("hopLimit", 1, Limits.LargestHops + 1, (c, v) => c.HopLimit = v),
        Setting.Text("lifetime", Quantity.DurationForm + ", at most 7d", false,
            (c, v) => TryParseLifetime(v, out TimeSpan t) && Set(c.Lifetime = t)),
        Setting.Bytes("quotaBytes", (c, v) => c.QuotaBytes = v),
        Setting.Number("quotaCount", 1, 10_000_000, (c, v) => c.QuotaCount = v),
        Setting.Number("neighbourSharePercent", 1, 100, (c, v) => c.NeighbourSharePercent = v),
        Setting.Number("destinationSharePercent", 1, 100, (c, v) => c.DestinationSharePercent = v),
        Setting.Bytes("memoryBytes", MemoryPlan.Least, MemoryPlan.Most, (c, v) => c.MemoryBytes = v),
        Setting.Bytes("queueMemoryBytes", (c, v) => c.QueueMemoryBytes = v),
        Setting.Number("neighbourEnvelopesPerSecond", 1, 10_000_000, (c, v) => c.NeighbourEnvelopesPerSecond = v),
        Setting.Bytes("diskBytes", (c, v) => c.DiskBytes = v),
        Setting.Text("receipts", ReceiptPolicies.Names, false, (c, v) => ReceiptPolicies.TryParse(v, out ReceiptPolicy r) && Set(c.Receipts = r)),
        Setting.Number("maxLinks", 1, 4096, (c, v) => c.MaxLinks = v),
        Setting.Bytes("linkMemoryBytes", (c, v) => c.LinkMemoryBytes = v),
    ];

    /// <summary>
    /// Something to dial: one URI, or several for the same peer, separated by commas. Null, or what is wrong.
    /// </summary>
    internal static string? CheckPeer(string text)
    {
        if (!PeerUris.TryParse(text, out PeerUris? peer, out string? error))
            return error;
        return peer.Uris.FirstOrDefault(u => u.Scheme is not ("tcp" or "quic")) is { } other
            ? $"there are no links of the kind '{other.Scheme}' to dial; accepted are {UriForm}"
            : null;
    }

    /// <summary>A lifetime fits the envelope's 16 bits of 10 s: 65,535 units are a little more than 7 days.</summary>
    internal static bool TryParseLifetime(string text, out TimeSpan lifetime) =>
        Quantity.TryParseDuration(text, out lifetime)
        && lifetime >= EnvelopeHeader.LifetimeUnit && lifetime <= EnvelopeHeader.LifetimeUnit * ushort.MaxValue;

    internal static bool TryParse(string text, out LogLevel level)
    {
        (bool known, level) = text switch
        {
            "trace" => (true, LogLevel.Trace),
            "debug" => (true, LogLevel.Debug),
            "info" => (true, LogLevel.Information),
            "warning" => (true, LogLevel.Warning),
            "error" => (true, LogLevel.Error),
            _ => (false, LogLevel.Information),
        };
        return known;
    }

    internal static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        _ => "error",
    };

    internal static string LevelNames => LevelForm;

    private static bool TryParse(string text, out Durability durability)
    {
        (bool known, durability) = text switch
        {
            "full" => (true, Durability.Full),
            "normal" => (true, Durability.Normal),
            "memory" => (true, Durability.Memory),
            _ => (false, Durability.Normal),
        };
        return known;
    }

    // useradd(8) forbids more; what could not stand in /etc/group is enough here.
    private static bool IsGroup(string text) => text.Length > 0 && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == ':');

    private static bool Set<T>(T value)
    {
        _ = value;
        return true;
    }
}
