namespace QuicProChat.Mesh.Api;

/// <content><c>discover</c>.</content>
public static partial class Commands
{
    private const string NodeService = "node";

    /// <summary><c>discover</c>: nodes and servers that were found on links, and why they are not dialled.</summary>
    public static CommandSpec<NoArguments, DiscoveryInfo> Discover { get; } = new(
        "discover", CommandGroup.Links,
        "Nodes and servers found on this machine's links, and why they are not dialled.",
        json => json.DiscoveryInfo)
    {
        Console = [new("/mesh discover", "", "nodes and servers found on the links of this machine")],
        Rendering = Show,
    };

    /// <summary>The nodes that were found and are not dialled, and why; nothing where there are none.</summary>
    public static void ShowNotDialled(Screen screen, DiscoveryInfo discovery)
    {
        FoundInfo[] others = [.. discovery.Found.Where(f => f.Service == NodeService && f.Why is not null)];
        if (others.Length > 0)
            screen.Table(others, "", ("found, not dialled", f => f.Instance), ("uris", f => string.Join(' ', f.Uris)),
                ("why", f => f.Why));
    }

    private static void Show(Screen screen, DiscoveryInfo discovery)
    {
        if (discovery.Mode == "off")
        {
            screen.Line("discovery is off");
            return;
        }

        screen.Table(
            discovery.Links, "no link: nodes are found on interfaces where this node listens",
            ("interface", l => l.Interface),
            ("announces", l => l.Announces), ("browses", l => l.Browses), ("problem", l => l.Problem));
        FoundInfo[] nodes = [.. discovery.Found.Where(f => f.Service == NodeService)];
        FoundInfo[] servers = [.. discovery.Found.Where(f => f.Service != NodeService)];
        screen.Line("");
        screen.Table(
            nodes, "no node was found", ("node", f => f.Instance), ("state", f => f.State),
            ("interfaces", f => string.Join(' ', f.Interfaces)),
            ("uris", f => string.Join(' ', f.Uris)), ("address", f => f.Address), ("why not dialled", f => f.Why));
        if (servers.Length == 0)
            return;
        screen.Line("");
        screen.Table(
            servers, "", ("server", f => f.Instance), ("name", f => f.Server), ("domain", f => f.Domain),
            ("interfaces", f => string.Join(' ', f.Interfaces)));
    }
}
