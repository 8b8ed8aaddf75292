using QuicProChat.Mesh.Mls.Codec;

namespace QuicProChat.Mesh.Mls.Messages;

// struct {
//     ProtocolVersion version = mls10;                uint16
//     WireFormat wire_format;                         uint16
//     select (MLSMessage.wire_format) { ... };
// } MLSMessage;                                       RFC 9420, section 6
internal static class MlsFrame
{
    internal const int HeaderSize = 4;

    internal static bool TryReadHeader(ref MlsReader reader, out WireFormat format, out MlsError error)
    {
        format = 0;
        if (!reader.TryReadUInt16(out ushort version) || !reader.TryReadUInt16(out ushort wireFormat))
        {
            error = Errors.Malformed("6");
            return false;
        }
        format = (WireFormat)wireFormat;
        error = version == Protocol.Version ? MlsError.None : new MlsError(MlsErrorCode.UnsupportedVersion, "6");
        return !error.Failed;
    }

    internal static void WriteHeader(MlsWriter writer, WireFormat format)
    {
        writer.UInt16(Protocol.Version);
        writer.UInt16((ushort)format);
    }

    internal static byte[] Write(WireFormat format, ReadOnlySpan<byte> body)
    {
        using MlsWriter writer = new(body.Length + HeaderSize);
        WriteHeader(writer, format);
        writer.Raw(body);
        return writer.ToArray();
    }
}
