using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Files;
using QuicProChat.Mesh.Messaging.Groups.Pairs;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Routing.Gossip;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>What the parts of a node are told of its configuration.</summary>
internal static class PartOptions
{
    private static readonly AppointmentRules _appointmentRules = new();
    private static readonly KeyRecordRules _keyRules = new();

    internal static RouterOptions OfRouter(NodeConfiguration configuration, DiskQuota quota) => new()
    {
        Routes = new RouteOptions { Relays = configuration.Relay, MemoryBytes = configuration.Memory.Routes },
        Relays = configuration.Relay,
        HoldsForOthers = configuration.StoreAndForward,
        HopLimit = (ushort)(configuration.HopLimit - 1),
        KeepsOnDisk = configuration.Durability != Durability.Memory,
        MaxHeldBytes = Math.Min(configuration.QuotaBytes, quota.Custody),
        MaxHeldCount = configuration.QuotaCount > 0 ? configuration.QuotaCount : configuration.Memory.HeldCount,
        SeenCapacity = configuration.Memory.SeenCount,
        NeighbourSharePercent = configuration.NeighbourSharePercent,
        DestinationSharePercent = configuration.DestinationSharePercent,
        MemoryBudget = configuration.QueueMemoryBytes > 0 ? configuration.QueueMemoryBytes : configuration.Memory.Queue,
        NeighbourEnvelopesPerSecond = configuration.NeighbourEnvelopesPerSecond,
    };

    internal static FileBounds OfFiles(NodeConfiguration configuration) => new()
    {
        MaxOpenChunks = configuration.Memory.FileChunks,
        MaxServedChunks = Math.Max(1, configuration.Memory.FileChunks / 4),
        MaxHashes = Math.Max(1, configuration.Memory.FileChunks / 4),
        BytesPerSecond = configuration.FileBytesPerSecond,
    };

    internal static GossipOptions OfGossip(NodeConfiguration configuration, DiskQuota quota)
    {
        bool hasDisk = configuration.Durability != Durability.Memory;
        MemoryPlan memory = configuration.Memory;
        return new GossipOptions
        {
            Relays = configuration.Relay,
            HasDisk = hasDisk,
            MaxBytes = hasDisk ? quota.Gossip : Math.Min(quota.Gossip, 2 * memory.GossipCache),
            MaxCount = memory.GossipCount,
            CacheBytes = memory.GossipCache,
            MaxRemembered = memory.GossipRemembered,
            MaxAnnounced = memory.GossipAnnounced,
            Rules = static c => c switch
            {
                GossipClass.Appointment => _appointmentRules,
                GossipClass.Key => _keyRules,
                _ => null,
            },
        };
    }

    internal static AppointmentOptions OfFapp(NodeConfiguration configuration) => new()
    {
        Mode = configuration.Fapp,
        Own = [.. configuration.FappRegions.Select(static r => Region.TryParse(r, out Region region) ? region
            : default)],
        Relays = [.. configuration.FappRelays.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static r => NodeAddress.TryParse(r, out NodeAddress relay, out _) ? relay : default)],
        PublishEvery = (long)configuration.FappPublish.TotalSeconds,
        Cover = (long)configuration.FappCover.TotalSeconds,
        ForwardDelay = (int)configuration.FappDelay.TotalSeconds,
    };

    /// <summary>What this node does for others; who takes nothing of others holds nothing for them.</summary>
    internal static Capabilities CapabilitiesOf(NodeConfiguration configuration) => configuration switch
    {
        { Relay: false } => Capabilities.None,
        { StoreAndForward: false } => Capabilities.Relay | FappCapability(configuration),
        _ => Capabilities.Relay | Capabilities.StoreAndForward | FappCapability(configuration),
    };

    private static Capabilities FappCapability(NodeConfiguration configuration) =>
        configuration.Fapp == FappMode.Relay && configuration.Relay ? Capabilities.FappRelay : Capabilities.None;
}
