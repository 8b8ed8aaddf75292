using System.Buffers.Binary;

namespace QuicProChat.Mesh.Rpc;

/// <summary>What stands before the payload of a request: <c>method(2) requestId(4) length(4)</c>, big-endian.</summary>
/// <param name="Method">The method's number; it need not be one that this program knows.</param>
/// <param name="RequestId">Chosen by the client, not 0 and not in use on this connection.</param>
/// <param name="Length">Bytes of payload that follow.</param>
public readonly record struct RequestHeader(RpcMethod Method, uint RequestId, uint Length);

/// <summary>What stands before the payload of an answer: <c>status(1) requestId(4) length(4)</c>, big-endian.</summary>
/// <param name="Status">How it went; it need not be one that this program knows.</param>
/// <param name="RequestId">The request's; 0 for an event.</param>
/// <param name="Length">Bytes of payload that follow.</param>
public readonly record struct ResponseHeader(RpcStatus Status, uint RequestId, uint Length);

/// <summary>
/// The frames of the client-server protocol. This class alone knows how they look: upstream's pages contradict each
/// other. Over WebSocket one binary message is one frame; over QUIC each side of a stream has one.
/// </summary>
public static class FrameCodec
{
    /// <summary>Size of a request's header in bytes.</summary>
    public const int RequestHeaderSize = 10;

    /// <summary>Size of an answer's header in bytes.</summary>
    public const int ResponseHeaderSize = 9;

    /// <summary>The largest payload in bytes.</summary>
    public const int MaxPayload = 4 * 1024 * 1024;

    /// <summary>The request id of events.</summary>
    public const uint EventId = 0;

    /// <summary>Reads a request's header. The length is what the peer says, unchecked.</summary>
    /// <returns>False if there are less than <see cref="RequestHeaderSize"/> bytes.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out RequestHeader header)
    {
        header = default;
        if (bytes.Length < RequestHeaderSize)
            return false;
        header = new RequestHeader(
            (RpcMethod)BinaryPrimitives.ReadUInt16BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[6..]));
        return true;
    }

    /// <summary>Reads an answer's header. The length is what the peer says, unchecked.</summary>
    /// <returns>False if there are less than <see cref="ResponseHeaderSize"/> bytes.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ResponseHeader header)
    {
        header = default;
        if (bytes.Length < ResponseHeaderSize)
            return false;
        header = new ResponseHeader(
            (RpcStatus)bytes[0], BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]));
        return true;
    }

    /// <summary>Reads a whole request: a header, and exactly as many bytes as it says.</summary>
    public static bool TryReadWhole(
        ReadOnlyMemory<byte> frame, out RequestHeader header, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (!TryRead(frame.Span, out header) || !Fits(header.Length, frame.Length - RequestHeaderSize))
            return false;
        payload = frame[RequestHeaderSize..];
        return true;
    }

    /// <summary>Reads a whole answer: a header, and exactly as many bytes as it says.</summary>
    public static bool TryReadWhole(
        ReadOnlyMemory<byte> frame, out ResponseHeader header, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (!TryRead(frame.Span, out header) || !Fits(header.Length, frame.Length - ResponseHeaderSize))
            return false;
        payload = frame[ResponseHeaderSize..];
        return true;
    }

    /// <summary>Writes a request's header.</summary>
    public static void Write(in RequestHeader header, Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)header.Method);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], header.RequestId);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[6..], header.Length);
    }

    /// <summary>Writes an answer's header.</summary>
    public static void Write(in ResponseHeader header, Span<byte> bytes)
    {
        bytes[0] = (byte)header.Status;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[1..], header.RequestId);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[5..], header.Length);
    }

    private static bool Fits(uint length, int rest) => length <= MaxPayload && length == (uint)rest;
}
