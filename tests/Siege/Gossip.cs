using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Siege;

/// <summary>What the attackers heard of honest nodes: names of routes, keys, envelopes.</summary>
internal sealed class Gossip
{
    private const int Kept = 256;

    private readonly ConcurrentDictionary<Abbreviation, RouteEntry> _routes = new();
    private readonly ConcurrentDictionary<NodeAddress, byte[]> _keys = new();
    private readonly ConcurrentQueue<byte[]> _envelopes = new();
    private readonly ConcurrentQueue<GossipId> _records = new();

    /// <summary>Routes that the node told.</summary>
    internal ICollection<RouteEntry> Routes => _routes.Values;

    /// <summary>Addresses and public keys that the node handed out.</summary>
    internal ICollection<KeyValuePair<NodeAddress, byte[]>> Keys => _keys;

    /// <summary>Envelopes of others that came by, the newest last.</summary>
    internal byte[][] Envelopes => _envelopes.ToArray();

    /// <summary>Ids of records that the node announced or sent, the newest last.</summary>
    /// <remarks>A copy made at one moment: others add to it meanwhile.</remarks>
    internal ICollection<GossipId> Records => _records.ToArray();

    internal void Hear(FrameKind kind, ReadOnlySpan<byte> body)
    {
        if (kind == FrameKind.RouteUpdate && RouteUpdate.TryRead(body, out RouteUpdate update))
        {
            foreach (RouteEntry entry in update)
                _routes[entry.Destination] = entry;
        }
        else if (kind == FrameKind.Announce && UnverifiedAnnounce.TryRead(body, out UnverifiedAnnounce announce))
        {
            _keys[announce.ComputeAddress()] = announce.PublicKey.ToArray();
        }
        else if (kind == FrameKind.GossipRecord)
        {
            Keep(GossipId.Of(body));
        }
        else if (kind == FrameKind.GossipHave && GossipHave.TryRead(body, out GossipHave have))
        {
            for (int i = 0; i < have.Count; i++)
                Keep(have[i]);
        }
        else if (kind == FrameKind.Envelope)
        {
            _envelopes.Enqueue(body.ToArray());
            while (_envelopes.Count > Kept)
                _envelopes.TryDequeue(out _);
        }
    }

    private void Keep(GossipId id)
    {
        _records.Enqueue(id);
        while (_records.Count > Kept)
            _records.TryDequeue(out _);
    }
}
