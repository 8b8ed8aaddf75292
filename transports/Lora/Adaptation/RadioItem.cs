using System.Buffers.Binary;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Transports.Lora.Adaptation;

/// <summary>What an item is.</summary>
internal enum RadioItemKind : byte
{
    /// <summary>
    /// A frame of docs/reference/protocol.md: the low three header bits are its kind, or 0 where that is the first
    /// byte.
    /// </summary>
    Frame = 0,

    /// <summary>
    /// Custody answers: the low three header bits are the code, the content 2-byte envelope id prefixes.
    /// </summary>
    Custody = 1,

    /// <summary>A piece of an item that fits no frame: tag(1) index(1) bytes; header bit 0: the last piece.</summary>
    Fragment = 2,

    /// <summary>The receiver does not know a 2-byte address id: id(2).</summary>
    Forget = 3,

    /// <summary>The first of a session: <see cref="RadioIntroduction"/>.</summary>
    Introduction = 4,

    /// <summary>An envelope with a short header. It has a flag of its own and no number on the air.</summary>
    Envelope = 0xFF,
}

// docs/reference/lora.md, section 6:
//
//  envelope: 1 last(1) kind(3) receipt(1) priority(2) | [length(1)] | attempt(2) hops(6) | lifetime(1)
//            | id(2), or 0000 address(16) | payload
//  others:   0 last(1) kind(3) low(3)                 | [length(1)] | content
//
//  last: the item reaches to the end of the frame and has no length.

/// <summary>An item as it stands in a frame.</summary>
internal readonly ref struct RadioItem
{
    internal const int MaxContent = 255;

    private const byte EnvelopeFlag = 0x80, LastFlag = 0x40, ReceiptFlag = 0x04;
    private const int KindShift = 3, AttemptShift = 6, MaxHops = 63;
    private const int FixedSize = 2, IdSize = 2;

    /// <summary>Kinds of frames by the low three bits; 0 stands for none of them.</summary>
    private static readonly FrameKind[] BriefKinds =
    [
        0, FrameKind.Announce, FrameKind.RouteUpdate, FrameKind.PathRequest, FrameKind.AnnounceRequest,
        FrameKind.ControlAck,
        FrameKind.CustodyAck,
    ];

    private RadioItem(RadioItemKind kind, byte header, ReadOnlySpan<byte> content)
    {
        Kind = kind;
        Header = header;
        Content = content;
    }

    /// <summary>What it is.</summary>
    internal RadioItemKind Kind { get; }

    /// <summary>The first byte.</summary>
    internal byte Header { get; }

    /// <summary>What follows header and length.</summary>
    internal ReadOnlySpan<byte> Content { get; }

    /// <summary>The low three bits of the header.</summary>
    internal int Low => Header & 0x07;

    /// <summary>Takes the next item; false at the end and for anything that is not one.</summary>
    internal static bool TryRead(ref ReadOnlySpan<byte> rest, out RadioItem item)
    {
        item = default;
        if (rest.IsEmpty)
            return false;
        byte header = rest[0];
        bool last = (header & LastFlag) != 0;
        if (!last && (rest.Length < 2 || rest.Length < 2 + rest[1]))
            return false;
        ReadOnlySpan<byte> content = last ? rest[1..] : rest.Slice(2, rest[1]);
        RadioItemKind kind = (header & EnvelopeFlag) != 0
            ? RadioItemKind.Envelope
            : (RadioItemKind)((header >> KindShift) & 0x07);
        if ((header & EnvelopeFlag) == 0 && kind > RadioItemKind.Introduction)
            return false;
        rest = last ? default : rest[(2 + rest[1])..];
        item = new RadioItem(kind, header, content);
        return true;
    }

    /// <summary>Makes an item that reaches to the end: header and content. Give it to <see cref="Append"/>.</summary>
    internal static byte[] Make(RadioItemKind kind, int low, ReadOnlySpan<byte> content)
    {
        byte[] item = new byte[1 + content.Length];
        item[0] = (byte)(LastFlag | ((int)kind << KindShift) | low);
        content.CopyTo(item.AsSpan(1));
        return item;
    }

    /// <summary>Makes an item of a frame that is no envelope.</summary>
    /// <param name="frame">Kind and body; not empty.</param>
    internal static byte[] MakeFrame(ReadOnlySpan<byte> frame)
    {
        int brief = Math.Max(0, Array.IndexOf(BriefKinds, (FrameKind)frame[0], 1));
        return Make(RadioItemKind.Frame, brief, brief > 0 ? frame[1..] : frame);
    }

    /// <summary>Restores the frame (kind and body) of an item of that kind; empty if there is none.</summary>
    internal ReadOnlySpan<byte> RestoreFrame() => Low switch
    {
        0 => Content,
        int brief when brief < BriefKinds.Length => (byte[])[(byte)BriefKinds[brief], .. Content],
        _ => default,
    };

    /// <summary>Makes an item of an envelope.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="agreed">The neighbour knows the destination by its id.</param>
    internal static byte[] MakeEnvelope(Envelope envelope, bool agreed)
    {
        EnvelopeHeader h = envelope.Header;
        int addressSize = IdSize + (agreed ? 0 : NodeAddress.Size);
        byte[] item = new byte[1 + FixedSize + addressSize + envelope.Payload.Length];
        item[0] = (byte)(EnvelopeFlag | LastFlag | ((int)h.Kind << KindShift) | (h.WantsReceipt ? ReceiptFlag : 0)
            | (int)h.Priority);
        item[1] = (byte)((h.Attempt << AttemptShift) | Math.Min(h.HopsLeft, (byte)MaxHops));
        item[2] = LifetimeCode.Encode(h.LifetimeUnits);
        if (agreed)
            BinaryPrimitives.WriteUInt16BigEndian(item.AsSpan(3), AddressSlots.ShortId(h.Destination));
        else
            h.Destination.Write(item.AsSpan(5));
        envelope.Payload.CopyTo(item.AsSpan(1 + FixedSize + addressSize));
        return item;
    }

    /// <summary>Sets the lifetime in an item that <see cref="MakeEnvelope"/> made.</summary>
    internal static void SetLifetime(Span<byte> item, ushort units) => item[2] = LifetimeCode.Encode(units);

    /// <summary>Restores the whole Envelope frame (kind and body).</summary>
    /// <param name="slots">Learns full addresses and resolves ids.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="unknown">The id that is not known; 0 where that is not the trouble.</param>
    internal bool TryRestoreEnvelope(AddressSlots slots, out byte[] frame, out ushort unknown)
    {
        frame = [];
        unknown = 0;
        int kind = (Header >> KindShift) & 0x07;
        if (Content.Length < FixedSize + IdSize || kind > (int)EnvelopeKind.Service
            || !LifetimeCode.TryDecode(Content[1], out ushort lifetime))
            return false;
        ushort id = BinaryPrimitives.ReadUInt16BigEndian(Content[FixedSize..]);
        ReadOnlySpan<byte> payload = Content[(FixedSize + IdSize)..];
        NodeAddress destination;
        if (id == 0)
        {
            if (payload.Length < NodeAddress.Size)
                return false;
            destination = NodeAddress.Read(payload);
            slots.Learn(destination);
            payload = payload[NodeAddress.Size..];
        }
        else if (!slots.TryResolve(id, out destination))
        {
            unknown = id;
            return false;
        }
        EnvelopeHeader header = new(
            (EnvelopeKind)kind, (Priority)(Header & 0x03), (Header & ReceiptFlag) != 0,
            (byte)(Content[0] >> AttemptShift),
            (byte)(Content[0] & MaxHops), lifetime, destination);
        frame = new byte[1 + EnvelopeHeader.Size + payload.Length];
        frame[0] = (byte)FrameKind.Envelope;
        Envelope.Write(frame.AsSpan(1), header, payload);
        return true;
    }

    /// <summary>
    /// Appends an item made to reach to the end; the one that stood last before gets its length.
    /// </summary>
    /// <param name="body">The frame's body so far.</param>
    /// <param name="lastAt">Where the last item begins; -1: none. Updated.</param>
    /// <param name="item">The new item.</param>
    internal static void Append(List<byte> body, ref int lastAt, ReadOnlySpan<byte> item)
    {
        if (lastAt >= 0)
        {
            body[lastAt] &= unchecked((byte)~LastFlag);
            body.Insert(lastAt + 1, (byte)(body.Count - lastAt - 1));
        }
        lastAt = body.Count;
        body.AddRange(item);
    }
}
