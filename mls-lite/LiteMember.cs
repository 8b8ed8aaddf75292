using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.MlsLite;

/// <summary>Who holds an index of a group.</summary>
/// <param name="Index">0 to 254.</param>
/// <param name="Address">The member's address; it follows from the key.</param>
/// <param name="PublicKey">The member's Ed25519 public key, 32 bytes.</param>
public sealed record LiteMember(int Index, NodeAddress Address, ReadOnlyMemory<byte> PublicKey)
{
    internal static LiteMember Of(int index, ReadOnlySpan<byte> publicKey) =>
        new(index, NodeAddress.Of(publicKey), publicKey.ToArray());
}

/// <summary>What is known of a member beside who it is.</summary>
internal sealed class MemberState(LiteMember member)
{
    /// <summary>
    /// Streams that go along into each new epoch: the newest, and the one before, of which messages may be on their
    /// way.
    /// </summary>
    private const int MaxStreams = 2;

    private static readonly TimeSpan ControlRefill = TimeSpan.FromHours(1);

    private readonly List<LiteStream> _streams = [];

    internal LiteMember Member { get; } = member;

    /// <summary>In the order in which they became known.</summary>
    internal IReadOnlyList<LiteStream> Streams => _streams;

    /// <summary>Id of the newest epoch in which the member was heard; empty for none.</summary>
    internal ReadOnlyMemory<byte> HeardIn { get; set; }

    /// <summary>Since when it is known to write in an epoch that is no longer the newest.</summary>
    internal TimeSpan? BehindSince { get; set; }

    /// <summary>Messages other than texts that are heeded: each may cost new keys and answers to everybody.</summary>
    internal LiteAllowance Control { get; } = new(full: 256, ControlRefill);

    internal void Learn(LiteStream stream)
    {
        if (_streams.Contains(stream))
            return;
        _streams.Add(stream);
        if (_streams.Count > MaxStreams)
            _streams.RemoveAt(0);
    }
}
