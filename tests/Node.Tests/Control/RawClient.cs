using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace QuicProChat.Mesh.Node.Tests.Control;

/// <summary>A client of the control socket that writes bytes and reads lines.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _reader;

    internal RawClient(string path)
    {
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        _reader = new StreamReader(new NetworkStream(_socket));
    }

    internal bool HasData => _socket.Available > 0;

    internal void Write(string line) => WriteRaw(Encoding.UTF8.GetBytes(line + "\n"));

    internal void WriteRaw(byte[] bytes)
    {
        try
        {
            _socket.Send(bytes);
        }
        catch (SocketException)
        {
            // The server may have ended the session over the first half.
        }
    }

    /// <summary>Says that nothing more will be said.</summary>
    internal void ShutDownSending() => _socket.Shutdown(SocketShutdown.Send);

    internal async Task<string?> ReadLineAsync() => await _reader.ReadLineAsync().WaitAsync(Patience);

    internal async Task<JsonNode> ReadAsync() => JsonNode.Parse((await ReadLineAsync())!)!;

    internal async Task<bool> EndsAsync()
    {
        try
        {
            return await ReadLineAsync() is null;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }
}
