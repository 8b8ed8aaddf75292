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

    /// <summary>Routes that the node told.</summary>
    internal ICollection<RouteEntry> Routes => _routes.Values;

    /// <summary>Addresses and public keys that the node handed out.</summary>
    internal ICollection<KeyValuePair<NodeAddress, byte[]>> Keys => _keys;

    /// <summary>Envelopes of others that came by, the newest last.</summary>
    internal byte[][] Envelopes => [.. _envelopes];

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
        else if (kind == FrameKind.Envelope)
        {
            _envelopes.Enqueue(body.ToArray());
            while (_envelopes.Count > Kept)
                _envelopes.TryDequeue(out _);
        }
    }
}
