namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>What a node does to find others on its links.</summary>
public enum DiscoveryMode : byte
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>It lets itself be found on the links where it listens.</summary>
    Announce,

    /// <summary>It looks for others on every link, and says nothing of itself.</summary>
    Browse,

    /// <summary>Both, on the links where it listens.</summary>
    Both,
}

/// <summary>The names of modes, as they are written.</summary>
public static class DiscoveryModes
{
    /// <summary>All of them.</summary>
    public const string Names = "off, announce, browse, both";

    /// <summary>The name of a mode.</summary>
    public static string NameOf(DiscoveryMode mode) => mode switch
    {
        DiscoveryMode.Off => "off",
        DiscoveryMode.Announce => "announce",
        DiscoveryMode.Browse => "browse",
        DiscoveryMode.Both => "both",
        _ => throw new InvalidOperationException($"There is no mode {mode}."),
    };

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string text, out DiscoveryMode mode)
    {
        (bool isKnown, mode) = text switch
        {
            "off" => (true, DiscoveryMode.Off),
            "announce" => (true, DiscoveryMode.Announce),
            "browse" => (true, DiscoveryMode.Browse),
            "both" => (true, DiscoveryMode.Both),
            _ => (false, DiscoveryMode.Off),
        };
        return isKnown;
    }
}
