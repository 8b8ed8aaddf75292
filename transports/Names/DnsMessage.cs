using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace QuicProChat.Mesh.Transports.Names;

/// <summary>What a server's answer comes to.</summary>
internal enum DnsAnswer
{
    /// <summary>It is not the answer to this question, or is malformed: as if it had not come.</summary>
    None,

    /// <summary>Addresses, perhaps none.</summary>
    Addresses,

    /// <summary>There is no such name.</summary>
    NoName,

    /// <summary>The server cannot tell, or does not want to.</summary>
    Failed,

    /// <summary>The answer is longer than a datagram: ask over TCP.</summary>
    Truncated,
}

/// <summary>
/// Questions and answers of the domain name system (RFC 1035, section 4), as far as addresses of names are concerned.
/// An answer may be anybody's: nothing is allocated by what it says, and no length in it is believed.
/// <code>
///   header:   id(2) flags(2) questions(2) answers(2) authorities(2) additional(2)
///   question: name type(2) class(2)
///   record:   name type(2) class(2) ttl(4) length(2) data(length)
///   name:     see DnsName
/// </code>
/// </summary>
internal static class DnsMessage
{
    /// <summary>A record of type A, RFC 1035 section 3.2.2.</summary>
    internal const ushort TypeA = 1;

    /// <summary>A record of type AAAA, RFC 3596 section 2.1.</summary>
    internal const ushort TypeAaaa = 28;

    /// <summary>Bytes of a datagram at most, RFC 1035 section 4.2.1.</summary>
    internal const int MaxDatagram = 512;

    private const ushort TypeCname = 5;
    private const ushort ClassInternet = 1;
    private const int HeaderSize = 12;

    // Flags of the header, RFC 1035 section 4.1.1.
    private const int IsAnswer = 0x8000;
    private const int OperationBits = 0x7800;
    private const int IsTruncated = 0x0200;
    private const int RecursionWanted = 0x0100;
    private const int CodeBits = 0x000F;
    private const int CodeNoName = 3;

    /// <summary>Records looked at in one answer. Arbitrary.</summary>
    private const int MaxRecords = 64;

    /// <summary>Names that stand for other names, one after the other. Arbitrary.</summary>
    private const int MaxAliases = 8;

    /// <summary>Writes a question.</summary>
    /// <param name="id">Comes back with the answer.</param>
    /// <param name="name">A host name, without a final dot.</param>
    /// <param name="type">Of the records that are wanted.</param>
    internal static byte[] Question(ushort id, string name, ushort type)
    {
        byte[] message = new byte[HeaderSize + name.Length + 2 + 2 + 2];
        BinaryPrimitives.WriteUInt16BigEndian(message, id);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), RecursionWanted);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), 1);
        int at = HeaderSize;
        foreach (string label in name.Split('.'))
        {
            message[at++] = (byte)label.Length;
            at += Encoding.ASCII.GetBytes(label, message.AsSpan(at));
        }

        at++;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at), type);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(at + 2), ClassInternet);
        return message;
    }

    /// <summary>Reads the answer to a question.</summary>
    /// <param name="message">What came.</param>
    /// <param name="question">What was asked.</param>
    /// <param name="addresses">Where addresses are added.</param>
    internal static DnsAnswer Read(ReadOnlySpan<byte> message, ReadOnlySpan<byte> question, List<IPAddress> addresses)
    {
        if (message.Length < question.Length || !message[..2].SequenceEqual(question[..2]))
            return DnsAnswer.None;
        int flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        int questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        // A server repeats the question as it was asked; whoever guesses answers from outside has to guess that too.
        if ((flags & IsAnswer) == 0 || (flags & OperationBits) != 0 || questions != 1
            || !Ascii.EqualsIgnoreCase(message[HeaderSize..question.Length], question[HeaderSize..]))
            return DnsAnswer.None;
        if ((flags & CodeBits) == CodeNoName)
            return DnsAnswer.NoName;
        if ((flags & CodeBits) != 0)
            return DnsAnswer.Failed;
        if ((flags & IsTruncated) != 0)
            return DnsAnswer.Truncated;
        return ReadRecords(message, question, addresses) ? DnsAnswer.Addresses : DnsAnswer.None;
    }

    private static bool ReadRecords(ReadOnlySpan<byte> message, ReadOnlySpan<byte> question, List<IPAddress> addresses)
    {
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(question[^4..]);
        int records = Math.Min((int)BinaryPrimitives.ReadUInt16BigEndian(message[6..]), MaxRecords);
        Span<byte> wanted = stackalloc byte[DnsName.MaxSize];
        Span<byte> owner = stackalloc byte[DnsName.MaxSize];
        int start = HeaderSize;
        if (!DnsName.TryRead(message, ref start, wanted, out int wantedSize))
            return false;
        // An alias may stand behind what it leads to: once around for each.
        for (int alias = 0; alias <= MaxAliases; alias++)
        {
            int at = question.Length;
            bool isAlias = false;
            for (int i = 0; i < records && !isAlias; i++)
            {
                if (!DnsName.TryRead(message, ref at, owner, out int ownerSize)
                    || !TryReadRecord(message, ref at, out ushort found, out int data, out int size))
                    return false;
                if (!DnsName.AreEqual(owner[..ownerSize], wanted[..wantedSize]))
                    continue;
                if (found == type && size == (type == TypeA ? 4 : 16))
                {
                    if (addresses.Count < NameResolver.MaxAddresses)
                        addresses.Add(new IPAddress(message.Slice(data, size)));
                }
                else if (found == TypeCname)
                {
                    int target = data;
                    if (!DnsName.TryRead(message, ref target, wanted, out wantedSize) || target != data + size)
                        return false;
                    isAlias = true;
                }
            }

            if (!isAlias)
                return true;
        }

        return false;
    }

    private static bool TryReadRecord(
        ReadOnlySpan<byte> message, ref int at, out ushort type, out int data, out int size)
    {
        (type, data, size) = (0, 0, 0);
        if (message.Length - at < 10)
            return false;
        bool isInternet = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]) == ClassInternet;
        type = isInternet ? BinaryPrimitives.ReadUInt16BigEndian(message[at..]) : (ushort)0;
        size = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 8)..]);
        data = at + 10;
        at = data + size;
        return at <= message.Length;
    }
}
