using System.Buffers;
using Google.Protobuf;
using QuicProChat.Mesh.Rpc;

namespace QuicProChat.Mesh.Server.Connections;

/// <summary>A frame of the server's in borrowed memory, which goes back when it is disposed.</summary>
internal readonly struct AnswerFrame : IDisposable
{
    private readonly byte[] _buffer;

    internal AnswerFrame(RpcStatus status, uint requestId, IMessage message)
    {
        int size = message.CalculateSize();
        _buffer = ArrayPool<byte>.Shared.Rent(FrameCodec.ResponseHeaderSize + size);
        FrameCodec.Write(new ResponseHeader(status, requestId, (uint)size), _buffer);
        message.WriteTo(_buffer.AsSpan(FrameCodec.ResponseHeaderSize, size));
        Bytes = _buffer.AsMemory(0, FrameCodec.ResponseHeaderSize + size);
    }

    /// <summary>The frame.</summary>
    internal ReadOnlyMemory<byte> Bytes { get; }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
