using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace QuicProChat.Mesh.Messaging.Channels;

// What the store keeps of a channel, sealed there:
//
//  version(1) sequence(4) key(32) name(1..20)

/// <summary>A channel of this node.</summary>
internal sealed class ChannelState : ConversationState
{
    private const byte Version = 1;
    private const int KeyAt = 5;
    private const int NameAt = KeyAt + ChannelKey.Size;

    internal ChannelState(ChannelKey key, string name)
        : base(key.Id)
    {
        Key = key;
        Name = name;
    }

    internal ChannelKey Key { get; }

    /// <summary>What this node's owner calls it.</summary>
    internal string Name { get; }

    /// <summary>The number of this node's last message in it.</summary>
    internal uint Sequence { get; set; }

    /// <summary>Who writes in it; known since the start of this process only.</summary>
    internal ChannelSenders Senders { get; } = new();

    /// <summary>Reads what the store kept, and takes the bytes over; null if they are no channel.</summary>
    internal static ChannelState? TryLoad(byte[] stored)
    {
        if (!TryParse(stored, out string? name))
            return null;
        var state = new ChannelState(new ChannelKey(stored.AsSpan(KeyAt, ChannelKey.Size)), name)
        {
            Sequence = BinaryPrimitives.ReadUInt32BigEndian(stored.AsSpan(1)),
        };
        state.WasStored(stored);
        return state;
    }

    /// <inheritdoc/>
    public override byte[] Save()
    {
        byte[] name = Encoding.UTF8.GetBytes(Name);
        byte[] stored = new byte[NameAt + name.Length];
        stored[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(stored.AsSpan(1), Sequence);
        Key.Bytes.CopyTo(stored.AsSpan(KeyAt));
        name.CopyTo(stored, NameAt);
        return stored;
    }

    /// <inheritdoc/>
    /// <remarks>A number that was used stays used, and nothing else changes.</remarks>
    public override void GoBack()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Key.Dispose();
    }

    private static bool TryParse(ReadOnlySpan<byte> stored, [NotNullWhen(true)] out string? name)
    {
        bool isState = stored.Length is > NameAt and <= NameAt + ChannelKey.MaxNameSize && stored[0] == Version;
        name = isState ? Encoding.UTF8.GetString(stored[NameAt..]) : null;
        return isState;
    }
}
