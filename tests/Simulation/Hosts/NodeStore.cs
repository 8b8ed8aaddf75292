using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Routing;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation;

/// <summary>An envelope as it lies on a node's disk.</summary>
/// <param name="Held">What is kept beside it.</param>
/// <param name="Bytes">Header and payload.</param>
public sealed record StoredEnvelope(HeldEnvelope Held, byte[] Bytes);

/// <summary>
/// A node's disk: what survives when its router stops. Writes take effect when they are done, in the order in which
/// they were asked for, so a power cut loses what was under way; ids of the seen set are written a second late at
/// worst.
/// </summary>
/// <param name="keepRecords">Announces and seen ids are kept, because nodes may restart in this run.</param>
public sealed class NodeStore(bool keepRecords)
{
    private static readonly TimeSpan SeenDelay = TimeSpan.FromSeconds(1);
    private readonly Queue<(Instant At, EnvelopeId Id, byte Generation)> _seenPending = new();

    /// <summary>The node's own announce sequence.</summary>
    public uint Sequence { get; set; }

    /// <summary>Announces of others.</summary>
    public Dictionary<NodeAddress, byte[]> Announces { get; } = [];

    /// <summary>Envelopes held, own ones included.</summary>
    public Dictionary<EnvelopeId, StoredEnvelope> Envelopes { get; } = [];

    /// <summary>The duplicate memory, in the order of arrival.</summary>
    public Dictionary<EnvelopeId, byte> Seen { get; } = [];

    /// <summary>Messages that arrived for this node's user.</summary>
    public HashSet<EnvelopeId> Inbox { get; } = [];

    /// <summary>Remembers an announce.</summary>
    public void KeepAnnounce(in NodeAddress address, ReadOnlySpan<byte> announce)
    {
        if (keepRecords)
            Announces[address] = announce.ToArray();
    }

    /// <summary>Remembers an id, lazily.</summary>
    public void KeepSeen(Instant now, in EnvelopeId id, byte generation)
    {
        if (!keepRecords)
            return;
        _seenPending.Enqueue((now, id, generation));
        WriteSeen(now - SeenDelay);
    }

    /// <summary>The node stops: in good order everything is written before.</summary>
    public void Stop(Instant now, bool inOrder)
    {
        WriteSeen(inOrder ? now : now - SeenDelay);
        _seenPending.Clear();
    }

    private void WriteSeen(Instant until)
    {
        while (_seenPending.TryPeek(out (Instant At, EnvelopeId Id, byte Generation) next) && next.At <= until)
        {
            _seenPending.Dequeue();
            Seen[next.Id] = next.Generation;
        }
    }
}
