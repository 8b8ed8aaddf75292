using System.Buffers.Binary;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Messaging.Content;

// What the store keeps, sealed, beside a message's content:
//
//  version 01(1) revision(1) editedAt(8) readers(1) { address(16) } { address(16) turn(1) size(1) emoji }
//
//  editedAt: Unix milliseconds; 0 where it was not edited

/// <summary>What others have done with a message since it was written.</summary>
/// <param name="Revision">The highest edit that came; 0: none.</param>
/// <param name="EditedAt">When it came; null: none did.</param>
/// <param name="ReadBy">Who said that they read it.</param>
/// <param name="Reactions">Signs on it; those that were taken back are kept, so that they do not come back.</param>
public sealed record MessageExtras(
    byte Revision, DateTimeOffset? EditedAt, IReadOnlyList<NodeAddress> ReadBy, IReadOnlyList<Reaction> Reactions)
{
    /// <summary>Nothing has been done.</summary>
    public static readonly MessageExtras None = new(0, null, [], []);

    /// <summary>Readers that are kept of one message.</summary>
    public const int MaxReaders = 254;

    /// <summary>Signs that one person may have put on one message, taken back or not. Arbitrary.</summary>
    public const int MaxSignsOfOne = 8;

    /// <summary>Bytes of all of it at most. Arbitrary: a sign of each of 250 members.</summary>
    public const int MaxSize = 12 << 10;

    private const byte Version = 1;
    private const int FixedSize = 1 + 1 + sizeof(long) + 1;

    /// <summary>There is nothing to keep.</summary>
    public bool IsEmpty => Revision == 0 && ReadBy.Count == 0 && Reactions.Count == 0;

    /// <summary>Bytes of it; 0 if there is nothing to keep.</summary>
    public int Size
    {
        get
        {
            if (IsEmpty)
                return 0;
            int size = FixedSize + ReadBy.Count * NodeAddress.Size;
            foreach (Reaction reaction in Reactions)
                size += NodeAddress.Size + 2 + ContentText.Size(reaction.Emoji);
            return size;
        }
    }

    /// <summary>Its bytes; none if there is nothing to keep.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        if (bytes.Length == 0)
            return bytes;
        bytes[0] = Version;
        bytes[1] = Revision;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(2), EditedAt?.ToUnixTimeMilliseconds() ?? 0);
        bytes[FixedSize - 1] = (byte)ReadBy.Count;
        int at = FixedSize;
        foreach (NodeAddress reader in ReadBy)
        {
            reader.Write(bytes.AsSpan(at));
            at += NodeAddress.Size;
        }

        foreach (Reaction reaction in Reactions)
        {
            reaction.By.Write(bytes.AsSpan(at));
            bytes[at + NodeAddress.Size] = reaction.Turn;
            at += NodeAddress.Size + 1;
            at += ContentText.WriteShort(reaction.Emoji, bytes.AsSpan(at));
        }

        return bytes;
    }

    /// <summary>Reads what was kept; false if that makes no sense.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out MessageExtras extras)
    {
        extras = None;
        if (bytes.IsEmpty)
            return true;
        if (bytes.Length is < FixedSize or > MaxSize || bytes[0] != Version)
            return false;
        long editedAt = BinaryPrimitives.ReadInt64BigEndian(bytes[2..]);
        int readers = bytes[FixedSize - 1];
        ReadOnlySpan<byte> rest = bytes[FixedSize..];
        if (editedAt < 0 || editedAt > DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            || rest.Length < readers * NodeAddress.Size)
            return false;
        var readBy = new NodeAddress[readers];
        for (int i = 0; i < readers; i++)
            readBy[i] = NodeAddress.Read(rest[(i * NodeAddress.Size)..]);
        rest = rest[(readers * NodeAddress.Size)..];
        var reactions = new List<Reaction>();
        while (!rest.IsEmpty)
        {
            if (rest.Length < NodeAddress.Size + 2 || rest[NodeAddress.Size + 1] > ReactionContent.MaxEmojiSize
                || rest.Length < NodeAddress.Size + 2 + rest[NodeAddress.Size + 1])
                return false;
            ReadOnlySpan<byte> emoji = rest.Slice(NodeAddress.Size + 2, rest[NodeAddress.Size + 1]);
            reactions.Add(new Reaction(
                NodeAddress.Read(rest), rest[NodeAddress.Size], Encoding.UTF8.GetString(emoji)));
            rest = rest[(NodeAddress.Size + 2 + emoji.Length)..];
        }

        extras = new MessageExtras(
            bytes[1], editedAt == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(editedAt), readBy, reactions);
        return true;
    }
}
