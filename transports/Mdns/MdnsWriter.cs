using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace QuicProChat.Mesh.Transports.Mdns;

/// <summary>
/// Writes a message of multicast DNS (<see cref="MdnsReader"/> has its layout). Names are written whole: our messages
/// are short, and whoever reads them follows no pointer. What has no room is left out, and said.
/// </summary>
internal ref struct MdnsWriter
{
    /// <summary>Bytes of a message that fits one packet of an Ethernet, IPv6 included: RFC 6762, section 17.</summary>
    internal const int MaxMessage = 1440;

    private const int HeaderSize = 12;

    // QR and AA: RFC 6762, sections 18.2 and 18.4.
    private const ushort ResponseFlags = 0x8400;
    private const ushort ClassInternet = 1;
    private const ushort ClassUnique = 0x8001;

    private readonly Span<byte> _buffer;
    private int _at;
    private ushort _questions;
    private ushort _answers;

    internal MdnsWriter(Span<byte> buffer, bool isResponse)
    {
        _buffer = buffer;
        buffer[..HeaderSize].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(buffer[2..], isResponse ? ResponseFlags : (ushort)0);
        _at = HeaderSize;
    }

    /// <summary>The message as far as it is written.</summary>
    internal readonly ReadOnlySpan<byte> Written
    {
        get
        {
            BinaryPrimitives.WriteUInt16BigEndian(_buffer[4..], _questions);
            BinaryPrimitives.WriteUInt16BigEndian(_buffer[6..], _answers);
            return _buffer[.._at];
        }
    }

    /// <summary>Asks, for an answer to everybody (QM: RFC 6762, section 5.4). Questions stand before records.</summary>
    internal bool TryAsk(scoped ReadOnlySpan<byte> name, ushort type)
    {
        if (_buffer.Length - _at < name.Length + 4)
            return false;
        Put(name);
        Put(type);
        Put(ClassInternet);
        _questions++;
        return true;
    }

    /// <summary>A pointer from a service to an instance of it; others have such pointers too.</summary>
    internal bool TryPointer(scoped ReadOnlySpan<byte> name, uint ttl, scoped ReadOnlySpan<byte> target)
    {
        if (!TryHead(name, RecordType.Ptr, ClassInternet, ttl, target.Length))
            return false;
        Put(target);
        return true;
    }

    /// <summary>Host and port of an instance, with priority and weight 0.</summary>
    internal bool TryService(scoped ReadOnlySpan<byte> name, uint ttl, int port, scoped ReadOnlySpan<byte> host)
    {
        if (!TryHead(name, RecordType.Srv, ClassUnique, ttl, 6 + host.Length))
            return false;
        Put(0);
        Put(0);
        Put((ushort)port);
        Put(host);
        return true;
    }

    /// <summary>The texts of an instance, each behind its length.</summary>
    internal bool TryTexts(scoped ReadOnlySpan<byte> name, uint ttl, scoped ReadOnlySpan<byte> texts)
    {
        if (!TryHead(name, RecordType.Txt, ClassUnique, ttl, texts.Length))
            return false;
        Put(texts);
        return true;
    }

    /// <summary>An address of a host.</summary>
    internal bool TryAddress(scoped ReadOnlySpan<byte> name, uint ttl, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        _ = address.TryWriteBytes(bytes, out int size);
        ushort type = address.AddressFamily == AddressFamily.InterNetwork ? RecordType.A : RecordType.Aaaa;
        if (!TryHead(name, type, ClassUnique, ttl, size))
            return false;
        Put(bytes[..size]);
        return true;
    }

    private bool TryHead(scoped ReadOnlySpan<byte> name, ushort type, ushort @class, uint ttl, int size)
    {
        if (_buffer.Length - _at < name.Length + 10 + size)
            return false;
        Put(name);
        Put(type);
        Put(@class);
        BinaryPrimitives.WriteUInt32BigEndian(_buffer[_at..], ttl);
        _at += 4;
        Put((ushort)size);
        _answers++;
        return true;
    }

    private void Put(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer[_at..]);
        _at += bytes.Length;
    }

    private void Put(ushort number)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_buffer[_at..], number);
        _at += 2;
    }
}
