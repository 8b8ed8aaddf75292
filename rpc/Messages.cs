using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace QuicProChat.Mesh.Rpc;

/// <summary>Messages from bytes of others.</summary>
public static class Messages
{
    /// <summary>Reads a message; false for bytes that are none. Unknown fields are skipped.</summary>
    public static bool TryParse<T>(
        MessageParser<T> parser, ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>
    {
        try
        {
            message = parser.WithDiscardUnknownFields(true).ParseFrom(bytes.Span);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            // The library's only way to say so.
            message = null;
            return false;
        }
    }
}
