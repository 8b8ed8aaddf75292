using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Configuration;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Transports;
using QuicProChat.Mesh.Transports.Mdns;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Hosting;

/// <content>What can be asked of the node, and what can be changed while it runs. Members that take an instant run on
/// the loop.</content>
internal sealed partial class MeshNode
{
    internal StatusInfo Status() => new(
        Identity.Address.ToString(), Configuration.Name, CommandLine.Version,
        (long)_time.GetElapsedTime(_started).TotalSeconds,
        _links?.Listening ?? [], _host.Links.Count, _router.RouteCount, _router.Held.Count, Environment.WorkingSet,
        _links?.QuicAvailable ?? false, _links?.Dialling ?? [], _links?.Waiting ?? [], _links?.Warnings ?? []);

    internal IReadOnlyList<PeerInfo> Peers() => [.. _host.DescribePeers().Select(p => Infos.Of(p))];

    internal DiscoveryInfo Discovered()
    {
        DiscoveryReport report = _links?.Discovered() ?? throw ControlException.Refused("the node starts");
        return new DiscoveryInfo(
            DiscoveryModes.NameOf(report.Mode),
            [.. report.Links.Select(l => new DiscoveryLinkInfo(l.Interface, l.Announces, l.Browses, l.Problem))],
            [.. report.Found.Select(f => Infos.Of(f))]);
    }

    /// <summary>Known nodes behind an address, in the order of their addresses; as many as a reply may hold.</summary>
    internal IReadOnlyList<PathInfo> Routes(string? from) => [.. _host.DescribeRoutes(from).Select(p => Infos.Of(p))];

    internal QueueInfo Queue()
    {
        HeldTotals totals = _router.Held;
        var held = new HeldSummary[_router.CopyHeld([])];
        int count = Math.Min(held.Length, _router.CopyHeld(held));
        return new QueueInfo(totals.Count, totals.Bytes, totals.InFlight, totals.AwaitingReceipt,
            [.. held.Take(count)
                .Select(h => new HeldInfo(h.Destination.ToString(), _host.NameOf(h.Destination), h.Count, h.Bytes))]);
    }

    /// <summary>The name that a node announces, which anybody may; on the loop.</summary>
    internal string AnnouncedName(in NodeAddress address) => _host.NameOf(address);

    /// <summary>The public key of a node that was heard of; null for others.</summary>
    internal Task<byte[]?> KeyOfAsync(NodeAddress address) => AskAsync(_ =>
        _router.TryGetPublicKey(address, out ReadOnlySpan<byte> key) ? key.ToArray() : null);

    /// <summary>
    /// This node's KeyPackage is carried by others (docs/reference/groups.md); off where a test counts records.
    /// </summary>
    internal bool SpreadsKeyPackage { get; init; } = true;

    /// <summary>The time by which gossip records are judged; null where no clock is set. On the loop.</summary>
    internal long? GossipClock => _host.Gossip.UnixSeconds;

    /// <summary>This node listens on a radio, on which every byte is airtime.</summary>
    private bool HasRadio => Configuration.Listen.Any(IsRadio);

    private static bool IsRadio(string uri) => uri.StartsWith("lora:", StringComparison.Ordinal);

    /// <summary>Names a KeyPackage in the announce.</summary>
    private void Offer(Instant now, KeyPackageHash keyPackage)
    {
        if (_local.KeyPackage == keyPackage)
            return;
        _local.KeyPackage = keyPackage;
        _router.Reannounce(now);
    }

    /// <summary>The calendar's time.</summary>
    internal DateTimeOffset UtcNow => _time.GetUtcNow();

    /// <summary>
    /// Sends messages of this node no more, as far as they are still here; those of groups with all their copies.
    /// </summary>
    internal Task WithdrawAsync(IReadOnlyList<EnvelopeId> messages) => AskAsync(now =>
    {
        foreach (EnvelopeId id in messages)
            Conversations.Withdraw(now, id);
        return true;
    });

    internal string Reannounce(Instant now)
    {
        _router.Reannounce(now);
        return "announced";
    }

    /// <summary>Ends the links to a neighbour and dials it no more; false if there was neither.</summary>
    internal bool Disconnect(NodeAddress peer) => _links!.Disconnect(peer);

    /// <summary>Dials a peer no more and ends the link; false if it was not dialled.</summary>
    internal bool Disconnect(PeerUris peer) => _links!.Disconnect(peer);

    /// <summary>Null, or why none of the ways to a peer can be tried here.</summary>
    internal string? WhyUnavailable(PeerUris peer) => _links!.WhyUnavailable(peer);

    /// <summary>Keeps a link to a peer from now on; false if it is dialled already.</summary>
    internal bool Connect(PeerUris peer) => _links!.Connect(peer);

    internal void SetLevel(LogLevel level) => _setLevel(level);

    /// <summary>Applies a configuration that was read again; says what needs a restart.</summary>
    internal async Task ReloadAsync(NodeConfiguration fresh)
    {
        NodeConfiguration old = Configuration;
        foreach (string peer in old.Peers.Except(fresh.Peers))
            _links!.Disconnect(ParsePeer(peer));
        foreach (string peer in fresh.Peers.Except(old.Peers))
            _links!.Connect(ParsePeer(peer));
        // First the old ones: a new one may want the same port.
        foreach (string uri in old.Listen.Except(fresh.Listen))
            await _links!.StopListeningAsync(uri).ConfigureAwait(false);
        string[] failed = await ListenAsync(fresh.Listen.Except(old.Listen)).ConfigureAwait(false);
        if (fresh.Discovery != old.Discovery || !fresh.DiscoveryInterfaces.SequenceEqual(old.DiscoveryInterfaces))
            _links!.ChangeDiscovery(fresh);
        if (fresh.LogLevel != old.LogLevel)
            SetLevel(fresh.LogLevel);
        if (fresh.Name != old.Name)
        {
            await AskAsync(now =>
            {
                _local.Name = fresh.Name;
                return Reannounce(now);
            }).ConfigureAwait(false);
        }

        // What a reload cannot change stays as it is, and is said.
        NodeConfiguration applied = old with
        {
            Peers = fresh.Peers,
            Listen = [.. fresh.Listen.Except(failed)],
            Discovery = fresh.Discovery,
            DiscoveryInterfaces = fresh.DiscoveryInterfaces,
            LogLevel = fresh.LogLevel,
            Name = fresh.Name,
        };
        if (!(applied with { Peers = [], Listen = [] }).Equals(fresh with { Peers = [], Listen = [] }))
            _log.RestartNeeded();
        Configuration = applied;
        _log.Reloaded();
    }

    /// <summary>Listens on each; returns those that cannot be bound, which the next reload tries again.</summary>
    private async Task<string[]> ListenAsync(IEnumerable<string> uris)
    {
        var failed = new List<string>();
        foreach (string uri in uris)
        {
            try
            {
                await _links!.ListenAsync(uri).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                failed.Add(uri);
                _log.ReloadFailed(FaultText.Of(e));
            }
        }

        return [.. failed];
    }

    internal static PeerUris ParsePeer(string text) =>
        PeerUris.TryParse(text, out PeerUris? peer, out string? error) ? peer : throw new UsageException(error);
}
