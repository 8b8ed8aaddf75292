using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Transports.Mdns;
using QuicProChat.Mesh.Wire;
using QuicProChat.Mesh.Wire.Files;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// Every key of the configuration file, in the order of docs/reference/configuration.md. One table serves reading,
/// error messages and the test that holds the manual to it.
/// </summary>
internal static class Settings
{
    internal const int MaxNameBytes = 20;

    internal const string UriForm = "link URIs: tcp://host:port, quic://host:port, with #qpc1... to pin an address";

    private const string FappForm = "off, relay, follow";
    private const string InterfaceForm =
        "a list of names of interfaces, such as br-lan: at most 15 characters, without blanks and slashes";
    private const string LevelForm = "trace, debug, info, warning, error";
    private const string DurabilityForm = "full, normal, memory";

    private static readonly TimeSpan LeastFappPublish = TimeSpan.FromSeconds(10);

    internal static readonly IReadOnlyList<Setting> All =
    [
        Setting.Path("dataDir", (c, v) => c.DataDirectory = v),
        Setting.Path("keyFile", (c, v) => c.KeyFile = v),
        Setting.Path("control", (c, v) => c.Control = v),
        Setting.Text("controlGroup", "the name or number of a group", false, (c, v) => IsGroup(v)
            && Set(c.ControlGroup = v)),
        Setting.Text("name", $"a text of at most {MaxNameBytes} bytes without control characters", true,
            (c, v) => NodeName.IsValid(v) && Set(c.Name = v))
            with { Explain = NodeName.Explain },
        Setting.Texts("listen", "a list of " + ListenUri.Form, ListenUri.Check, (c, v) => c.Listen = v),
        Setting.Texts("peers", "a list of " + UriForm, CheckPeer, (c, v) => c.Peers = v),
        Setting.Text("discovery", DiscoveryModes.Names, true, (c, v) => DiscoveryModes.TryParse(v, out DiscoveryMode m)
            && Set(c.Discovery = m)),
        Setting.Texts("discoveryInterfaces", InterfaceForm, CheckInterface, (c, v) => c.DiscoveryInterfaces = v),
        Setting.Path("networkKeyFile", (c, v) => c.NetworkKeyFile = v),
        Setting.Path("passphraseFile", (c, v) => c.PassphraseFile = v),
        Setting.Text("durability", DurabilityForm, false, (c, v) => TryParse(v, out Durability d)
            && Set(c.Durability = d)),
        Setting.Text("logLevel", LevelForm, true, (c, v) => TryParse(v, out LogLevel l) && Set(c.LogLevel = l)),
        Setting.Text("metricsListen", "address:port, such as 127.0.0.1:9469", false,
            (c, v) => IpText.TryParseEndpoint(v, out _) && Set(c.MetricsListen = v)),
        Setting.Text("webListen", PageEnd.Form, false, (c, v) => PageEnd.Check(v) is null && Set(c.WebListen = v))
            with { Explain = PageEnd.Check },
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
        Setting.Text("receipts", ReceiptPolicies.Names, false,
            (c, v) => ReceiptPolicies.TryParse(v, out ReceiptPolicy r) && Set(c.Receipts = r)),
        Setting.Text("directMessages", DirectSecurities.Names, false,
            (c, v) => DirectSecurities.TryParse(v, out DirectSecurity s) && Set(c.DirectMessages = s)),
        Setting.Flag("postQuantumOverRadio", (c, v) => c.PostQuantumOverRadio = v),
        Setting.Number("maxLinks", 1, 4096, (c, v) => c.MaxLinks = v),
        Setting.Bytes("fileMaxBytes", 0, FileFormat.MaxFileSize, (c, v) => c.FileMaxBytes = v),
        Setting.Bytes("fileAutoAcceptBytes", 0, FileFormat.MaxFileSize, (c, v) => c.FileAutoAcceptBytes = v),
        Setting.Bytes("fileBytesPerSecond", FileFormat.ChunkSize * 2, 1L << 40, (c, v) => c.FileBytesPerSecond = v),
        Setting.Path("downloads", (c, v) => c.Downloads = v),
        Setting.Bytes("linkMemoryBytes", (c, v) => c.LinkMemoryBytes = v),
        Setting.Text("fapp", FappForm, false, (c, v) => TryParse(v, out FappMode m) && Set(c.Fapp = m)),
        Setting.Texts("fappRegions", "a list of regions: the first two digits of postal codes, such as \"04\"",
            CheckRegion, (c, v) => c.FappRegions = v)
            with { Reloads = false },
        Setting.Text("fappRelays", "addresses of relays, separated by spaces", false,
            (c, v) => AreAddresses(v) && Set(c.FappRelays = v)),
        Setting.Text("fappPublish", Quantity.DurationForm + ", from 10s to 1d", false,
            (c, v) => Quantity.TryParseDuration(v, out TimeSpan t) && t >= LeastFappPublish && t <= TimeSpan.FromDays(1)
                && Set(c.FappPublish = t)),
        Setting.Text("fappDelay", Quantity.DurationForm + ", at most 1m", false,
            (c, v) => Quantity.TryParseDuration(v, out TimeSpan t) && t.TotalSeconds <= AppointmentOptions.LongestDelay
                && Set(c.FappDelay = t)),
        Setting.Text("fappCover", Quantity.DurationForm + ", at most 1d", false,
            (c, v) => Quantity.TryParseDuration(v, out TimeSpan t) && t <= TimeSpan.FromDays(1)
                && Set(c.FappCover = t)),
        Setting.Flag("fappTrustsClock", (c, v) => c.FappTrustsClock = v),
        Setting.Path("fappAnchorsFile", (c, v) => c.FappAnchorsFile = v),
        Setting.Path("fappBlockFile", (c, v) => c.FappBlockFile = v),
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
        && lifetime >= EnvelopeHeader.LifetimeUnit && lifetime <= Limits.LongestSent;

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

    private static bool TryParse(string text, out FappMode mode)
    {
        (bool known, mode) = text switch
        {
            "off" => (true, FappMode.Off),
            "relay" => (true, FappMode.Relay),
            "follow" => (true, FappMode.Follow),
            _ => (false, FappMode.Off),
        };
        return known;
    }

    private static string? CheckRegion(string text) =>
        Region.TryParse(text, out _) ? null
            : $"'{text}' is no region: the first two digits of a postal code, such as \"04\"";

    private static bool AreAddresses(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: <= AppointmentOptions.MaxRelays } words
        && words.All(static w => NodeAddress.TryParse(w, out _, out _));

    // dev_valid_name() of the kernel.
    private static string? CheckInterface(string name) =>
        name.Length is > 0 and < 16 && name is not ("." or "..")
            && !name.Any(c => char.IsWhiteSpace(c) || c is '/' or ':')
            ? null : $"'{name}' is not the name of an interface";

    // useradd(8) forbids more; what could not stand in /etc/group is enough here.
    private static bool IsGroup(string text) =>
        text.Length > 0 && !text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c == ':');

    private static bool Set<T>(T value)
    {
        _ = value;
        return true;
    }
}
