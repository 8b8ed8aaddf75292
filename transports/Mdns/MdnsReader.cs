using System.Buffers.Binary;
using QuicProChat.Mesh.Transports.Names;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>Types of records.</summary>
internal static class RecordType
{
    /// <summary>An IPv4 address: RFC 1035, section 3.4.1.</summary>
    internal const ushort A = 1;

    /// <summary>A name: RFC 1035, section 3.3.12.</summary>
    internal const ushort Ptr = 12;

    /// <summary>Texts: RFC 1035, section 3.3.14.</summary>
    internal const ushort Txt = 16;

    /// <summary>An IPv6 address: RFC 3596, section 2.1.</summary>
    internal const ushort Aaaa = 28;

    /// <summary>Host and port of a service: RFC 2782.</summary>
    internal const ushort Srv = 33;

    /// <summary>In questions, every type: RFC 1035, section 3.2.3.</summary>
    internal const ushort Any = 255;
}

/// <summary>A question.</summary>
internal readonly ref struct MdnsQuestion
{
    /// <summary>About which name, with lengths; valid until the next read.</summary>
    internal ReadOnlySpan<byte> Name { get; init; }

    /// <summary>About which type of record.</summary>
    internal ushort Type { get; init; }
}

/// <summary>A record.</summary>
internal readonly ref struct MdnsRecord
{
    /// <summary>Whose it is, with lengths; valid until the next read.</summary>
    internal ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Its type; 0 if it is not of the class IN.</summary>
    internal ushort Type { get; init; }

    /// <summary>Seconds that it may be remembered; 0: it is gone (RFC 6762, section 10.1).</summary>
    internal uint Ttl { get; init; }

    /// <summary>Where its data begins in the message.</summary>
    internal int DataAt { get; init; }

    /// <summary>Its data.</summary>
    internal ReadOnlySpan<byte> Data { get; init; }
}

/// <summary>
/// Reads a message of multicast DNS (RFC 6762, section 18). It may be anybody's: nothing is allocated by what it says,
/// and no length or count in it is believed.
/// <code>
///   header:   id(2) flags(2) questions(2) answers(2) authorities(2) additional(2)
///   question: name type(2) class(2), whose highest bit asks for an answer to the asker alone
///   record:   name type(2) class(2), whose highest bit says that there is no other; ttl(4) length(2) data(length)
/// </code>
/// </summary>
internal ref struct MdnsReader
{
    private const int HeaderSize = 12;
    private const int FlagResponse = 0x8000;
    private const int OperationAndCode = 0x780F;
    private const int FlagTruncated = 0x0200;
    private const ushort ClassInternet = 1;
    private const ushort ClassAny = 255;
    private const int ClassBits = 0x7FFF;

    /// <summary>Questions and records that are read of one message. Arbitrary, more than 1,440 bytes hold.</summary>
    private const int MaxParts = 256;

    private readonly ReadOnlySpan<byte> _message;
    private readonly Span<byte> _name;
    private int _questions;
    private int _records;
    private int _at;

    private MdnsReader(ReadOnlySpan<byte> message, Span<byte> name)
    {
        _message = message;
        _name = name;
        int flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        IsResponse = (flags & FlagResponse) != 0;
        IsTruncated = (flags & FlagTruncated) != 0;
        _questions = Count(4);
        _records = Count(6) + Count(8) + Count(10);
        Answers = Count(6);
        _at = HeaderSize;
    }

    /// <summary>It answers; else it asks.</summary>
    internal bool IsResponse { get; }

    /// <summary>More of what its sender knows follows in another message.</summary>
    internal bool IsTruncated { get; }

    /// <summary>Records that are left in its first part: answers, or what an asker knows already.</summary>
    internal int Answers { get; private set; }

    /// <summary>Begins to read; false for what nobody is to look at (RFC 6762, section 18).</summary>
    /// <param name="message">The message.</param>
    /// <param name="name">Room for a name.</param>
    /// <param name="reader">Reads it: first all questions, then the records.</param>
    internal static bool TryBegin(ReadOnlySpan<byte> message, Span<byte> name, out MdnsReader reader)
    {
        reader = default;
        if (message.Length < HeaderSize || (BinaryPrimitives.ReadUInt16BigEndian(message[2..]) & OperationAndCode) != 0)
            return false;
        reader = new MdnsReader(message, name);
        return reader._questions <= MaxParts && reader._records <= MaxParts;
    }

    /// <summary>Reads the next question; false at their end, or if it is cut.</summary>
    internal bool TryReadQuestion(out MdnsQuestion question)
    {
        question = default;
        if (_questions == 0)
            return false;
        _questions--;
        if (!DnsName.TryRead(_message, ref _at, _name, out int size) || _message.Length - _at < 4)
            return Break();
        int type = BinaryPrimitives.ReadUInt16BigEndian(_message[_at..]);
        bool isInternet = (BinaryPrimitives.ReadUInt16BigEndian(_message[(_at + 2)..]) & ClassBits) is ClassInternet
            or ClassAny;
        _at += 4;
        question = new MdnsQuestion { Name = _name[..size], Type = isInternet ? (ushort)type : (ushort)0 };
        return true;
    }

    /// <summary>Reads the next record, when all questions were read; false at their end, or if it is cut.</summary>
    internal bool TryReadRecord(out MdnsRecord record)
    {
        record = default;
        if (_questions > 0 || _records == 0)
            return false;
        _records--;
        Answers = Math.Max(0, Answers - 1);
        if (!DnsName.TryRead(_message, ref _at, _name, out int size) || _message.Length - _at < 10)
            return Break();
        ReadOnlySpan<byte> head = _message.Slice(_at, 10);
        int length = BinaryPrimitives.ReadUInt16BigEndian(head[8..]);
        _at += head.Length;
        if (length > _message.Length - _at)
            return Break();
        bool isInternet = (BinaryPrimitives.ReadUInt16BigEndian(head[2..]) & ClassBits) == ClassInternet;
        record = new MdnsRecord
        {
            Name = _name[..size],
            Type = isInternet ? BinaryPrimitives.ReadUInt16BigEndian(head) : (ushort)0,
            Ttl = BinaryPrimitives.ReadUInt32BigEndian(head[4..]),
            DataAt = _at,
            Data = _message.Slice(_at, length),
        };
        _at += length;
        return true;
    }

    /// <summary>Reads the name that a record's data is, or begins with after some bytes; false if it is none.</summary>
    internal readonly bool TryReadTarget(in MdnsRecord record, int behind, Span<byte> name, out int size)
    {
        int at = record.DataAt + behind;
        size = 0;
        return behind < record.Data.Length && DnsName.TryRead(_message, ref at, name, out size)
            && at == record.DataAt + record.Data.Length;
    }

    private bool Break()
    {
        _questions = 0;
        _records = 0;
        return false;
    }

    private readonly int Count(int at) => BinaryPrimitives.ReadUInt16BigEndian(_message[at..]);
}
