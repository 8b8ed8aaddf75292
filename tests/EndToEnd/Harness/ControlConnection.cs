using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// A client of the control socket. Of the program it knows the requests, replies and events, and nothing else.
/// </summary>
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
    internal async Task<TResult> AskAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest? request = null)
        where TRequest : class, new()
    {
        Reply<TResult> reply = await ReplyAsync(command, request);
        return reply.Code is null ? reply.Done
            : throw new InvalidOperationException($"{command.Name}: {reply.Error}");
    }

    /// <summary>Asks; returns the reply, granted or not.</summary>
    internal async Task<Reply<TResult>> ReplyAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest? request = null)
        where TRequest : class, new()
    {
        await _turn.WaitAsync();
        try
        {
            await WriteAsync(command.ToLine(request ?? new TRequest()));
            return (await ReadAsync(command)).Reply;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends lines without waiting for what they are answered.</summary>
    internal async Task WriteAsync(ReadOnlyMemory<byte> lines)
    {
        while (!lines.IsEmpty)
            lines = lines[await _socket.SendAsync(lines)..];
    }

    /// <summary>The next reply, to a command of this sort, and what its request was called; 0 for nothing.</summary>
    /// <exception cref="IOException">There is no more.</exception>
    internal async Task<(int Tag, Reply<TResult> Reply)> ReadAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command)
        where TRequest : class, new()
    {
        string line = await _reader.ReadLineAsync() ?? throw new IOException("the daemon went away");
        using JsonDocument reply = JsonDocument.Parse(line);
        int tag = reply.RootElement.TryGetProperty("tag"u8, out JsonElement number) ? number.GetInt32() : 0;
        return (tag, command.ReadReply(Encoding.UTF8.GetBytes(line)));
    }

    /// <summary>Waits for an event of a sort; events before it are passed over.</summary>
    internal async Task<T> NextAsync<T>(EventSpec<T> sort, Func<T, bool> wanted, TimeSpan within)
        where T : EventInfo
    {
        using var limit = new CancellationTokenSource(within);
        while (await _reader.ReadLineAsync(limit.Token) is { } line)
        {
            using JsonDocument json = JsonDocument.Parse(line);
            if (sort.Read(json.RootElement) is { } happened && wanted(happened))
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
