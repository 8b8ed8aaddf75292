using System.Collections.Concurrent;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Groups.Wire;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Messaging.Groups.Pairs;

// version 1 = 1 | count 2 | address 16, security 1 each
//
/// <summary>What the owner wants of conversations with one node. Changed on the loop, read from any thread.</summary>
/// <param name="usual">What is wanted where the owner said nothing.</param>
internal sealed class PairDesk(DirectSecurity usual) : ConversationState(Place)
{
    /// <summary>Most conversations that are pinned. Arbitrary.</summary>
    internal const int MaxPinned = 1024;

    private const byte Version = 1;

    private readonly ConcurrentDictionary<NodeAddress, DirectSecurity> _pinned = new();

    /// <summary>Its place among the states of groups, whose ids have 16 bytes.</summary>
    internal static ConversationId Place { get; } = new(EnvelopeKind.Mls, [2]);

    /// <summary>What is wanted of a conversation.</summary>
    internal DirectSecurity Of(NodeAddress peer) => _pinned.GetValueOrDefault(peer, usual);

    /// <summary>Pins a conversation; false if too many are.</summary>
    internal bool Set(NodeAddress peer, DirectSecurity security)
    {
        if (security == usual)
        {
            _pinned.TryRemove(peer, out _);
            return true;
        }

        if (_pinned.Count >= MaxPinned && !_pinned.ContainsKey(peer))
            return false;
        _pinned[peer] = security;
        return true;
    }

    /// <inheritdoc/>
    public override byte[] Save()
    {
        var writer = new FrameWriter();
        writer.Byte(Version);
        KeyValuePair<NodeAddress, DirectSecurity>[] pinned = [.. _pinned];
        writer.UInt16((ushort)pinned.Length);
        foreach ((NodeAddress peer, DirectSecurity security) in pinned)
        {
            peer.Write(writer.Take(NodeAddress.Size));
            writer.Byte((byte)security);
        }

        return writer.ToArray();
    }

    /// <inheritdoc/>
    public override void GoBack()
    {
        _pinned.Clear();
        if (IsStored && !TryRead(Stored))
            throw new InvalidOperationException("What was stored of pinned conversations does not load.");
    }

    /// <summary>Takes back what was saved; false if the bytes make no sense.</summary>
    internal bool TryLoad(byte[] saved)
    {
        if (!TryRead(saved))
        {
            _pinned.Clear();
            return false;
        }

        WasStored(saved);
        return true;
    }

    private bool TryRead(ReadOnlySpan<byte> saved)
    {
        var reader = new FrameReader(saved);
        if (!reader.TryByte(out byte version) || version != Version
            || !reader.TryUInt16(out ushort count) || count > MaxPinned)
            return false;
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryTake(NodeAddress.Size, out ReadOnlySpan<byte> peer) || !reader.TryByte(out byte security)
                || security > (byte)DirectSecurity.Sealed)
                return false;
            _pinned[NodeAddress.Read(peer)] = (DirectSecurity)security;
        }

        return reader.AtEnd;
    }
}
