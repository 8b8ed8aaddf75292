using System.Globalization;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Messaging;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Transports.Mdns;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Configuration;

/// <summary>
/// The values of all keys as text, for people. No secret is among them: keys are in files, or left out of URIs.
/// </summary>
internal static class SettingValues
{
    /// <summary>What holds for a key; empty for none, or where the program chooses.</summary>
    /// <param name="configuration">The whole.</param>
    /// <param name="key">One of <see cref="Settings.All"/>.</param>
    /// <exception cref="ArgumentException">There is no such key.</exception>
    internal static string Of(NodeConfiguration configuration, string key) => key switch
    {
        "dataDir" => configuration.DataDirectory,
        "keyFile" => configuration.KeyFile ?? "",
        "control" => configuration.ControlPath,
        "controlGroup" => configuration.ControlGroup ?? "",
        "name" => configuration.Name,
        "listen" => Uris(configuration.Listen),
        "peers" => Uris(configuration.Peers),
        "networkKeyFile" => configuration.NetworkKeyFile ?? "",
        "passphraseFile" => configuration.PassphraseFile ?? "",
        "durability" => Word(configuration.Durability),
        "logLevel" => Settings.LevelName(configuration.LogLevel),
        "metricsListen" => configuration.MetricsListen ?? "",
        "webListen" => configuration.WebListen ?? "",
        "relay" => Word(configuration.Relay),
        "storeAndForward" => Word(configuration.StoreAndForward),
        "hopLimit" => Number(configuration.HopLimit),
        "lifetime" => Seconds(configuration.Lifetime),
        "quotaBytes" => Size(configuration.QuotaBytes),
        "quotaCount" => Number(configuration.QuotaCount),
        "neighbourSharePercent" => Number(configuration.NeighbourSharePercent),
        "destinationSharePercent" => Number(configuration.DestinationSharePercent),
        "memoryBytes" => Size(configuration.MemoryBytes),
        "queueMemoryBytes" => Size(configuration.QueueMemoryBytes),
        "neighbourEnvelopesPerSecond" => Number(configuration.NeighbourEnvelopesPerSecond),
        "diskBytes" => Size(configuration.DiskBytes),
        "receipts" => Word(configuration.Receipts),
        "directMessages" => Words.Of(configuration.DirectMessages),
        "postQuantumOverRadio" => Word(configuration.PostQuantumOverRadio),
        "maxLinks" => Number(configuration.MaxLinks),
        "linkMemoryBytes" => Size(configuration.LinkMemoryBytes),
        "discovery" => DiscoveryModes.NameOf(configuration.Discovery),
        "discoveryInterfaces" => string.Join(' ', configuration.DiscoveryInterfaces),
        "fileMaxBytes" => Size(configuration.FileMaxBytes),
        "fileAutoAcceptBytes" => Size(configuration.FileAutoAcceptBytes),
        "fileBytesPerSecond" => Size(configuration.FileBytesPerSecond),
        "downloads" => configuration.Downloads ?? "",
        "fapp" => Word(configuration.Fapp),
        "fappRegions" => string.Join(' ', configuration.FappRegions),
        "fappRelays" => configuration.FappRelays,
        "fappPublish" => Seconds(configuration.FappPublish),
        "fappDelay" => Seconds(configuration.FappDelay),
        "fappCover" => Seconds(configuration.FappCover),
        "fappTrustsClock" => Word(configuration.FappTrustsClock),
        "fappAnchorsFile" => configuration.FappAnchorsFile ?? "",
        "fappBlockFile" => configuration.FappBlockFile ?? "",
        _ => throw new ArgumentException($"there is no setting '{key}'", nameof(key)),
    };

    private static string Uris(IReadOnlyList<string> uris) => string.Join(' ', uris.Select(LinkUri.Shown));

    private static string Number(int value) => value == 0 ? "" : value.ToString(CultureInfo.InvariantCulture);

    private static string Size(long bytes) => bytes == 0 ? "" : Quantity.FormatSize(bytes);

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalSeconds}s");

    private static string Word(bool value) => value ? "true" : "false";

    private static string Word(Durability durability) => durability switch
    {
        Durability.Full => "full",
        Durability.Normal => "normal",
        Durability.Memory => "memory",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Word(FappMode mode) => mode switch
    {
        FappMode.Off => "off",
        FappMode.Relay => "relay",
        FappMode.Follow => "follow",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Word(ReceiptPolicy policy) => policy switch
    {
        ReceiptPolicy.All => "all",
        ReceiptPolicy.Contacts => "contacts",
        ReceiptPolicy.None => "none",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
