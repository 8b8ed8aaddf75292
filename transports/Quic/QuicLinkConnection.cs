using System.Net.Quic;
using System.Net.Security;

namespace QuicProChat.Mesh.Transports.Quic;

/// <summary>A QUIC connection with the one stream that carries the frames.</summary>
internal sealed class QuicLinkConnection(QuicConnection connection, QuicStream stream) : LinkConnection
{
    /// <summary>The application error code of an orderly end; why it ended was said in a Bye.</summary>
    internal const long NoError = 0;

    internal override Stream Stream => stream;

    internal override SslApplicationProtocol Protocol => connection.NegotiatedApplicationProtocol;

    internal override string Remote { get; } = connection.RemoteEndPoint.ToString();

    internal override ValueTask CompleteWritesAsync()
    {
        stream.CompleteWrites();
        return ValueTask.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        // Closing the connection first ends the reads and writes that disposing of the stream would wait for.
        await connection.CloseAsync(NoError);
        await stream.DisposeAsync();
        await connection.DisposeAsync();
    }
}
