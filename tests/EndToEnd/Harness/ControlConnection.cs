using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>A client of the control socket that knows nothing of the program but docs/reference/control.md.</summary>
internal sealed class ControlConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private readonly SemaphoreSlim _turn = new(1);

    private ControlConnection(Socket socket)
    {
        _socket = socket;
        _reader = new StreamReader(new NetworkStream(socket, ownsSocket: false), Encoding.UTF8);
    }

    internal static async Task<ControlConnection?> TryOpenAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
            return new ControlConnection(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Asks something that must be granted; returns the result.</summary>
    internal async Task<JsonNode> AskAsync(string command, JsonObject? more = null) =>
        Granted(command, await RequestAsync(command, more));

    /// <summary>The result of a reply that must grant something.</summary>
    internal static JsonNode Granted(string command, JsonNode reply) =>
        (bool)reply["ok"]! ? reply["result"]! : throw new InvalidOperationException($"{command}: {reply["error"]}");

    /// <summary>Asks; returns the whole reply, granted or not.</summary>
    internal async Task<JsonNode> RequestAsync(string command, JsonObject? more = null)
    {
        await _turn.WaitAsync();
        try
        {
            JsonObject request = more?.DeepClone().AsObject() ?? [];
            request["command"] = command;
            await WriteAsync(request.ToJsonString());
            return await ReadAsync() ?? throw new IOException("the daemon went away");
        }
        finally
        {
            _turn.Release();
        }
    }

    internal async Task WriteAsync(string line) => await _socket.SendAsync(Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>The next line; null at the end.</summary>
    internal async Task<JsonNode?> ReadAsync() => await _reader.ReadLineAsync() is { } line
        ? JsonNode.Parse(line) : null;

    /// <summary>Waits for an event; events before it are passed over.</summary>
    internal async Task<JsonNode> NextAsync(Func<JsonNode, bool> wanted, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        while (await _reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (JsonNode.Parse(line) is { } happened && wanted(happened))
                return happened;
        }

        throw new IOException("the daemon went away");
    }

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }
}
