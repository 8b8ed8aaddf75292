using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Server.Hosting;

/// <summary>
/// <c>health</c>: asks a running server's <c>/health</c>, for a container or a script that has no other program.
/// </summary>
internal static class HealthCommand
{
    // An answer has a head of some 150 bytes and a line.
    private const int MaxAnswer = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    internal static Command Create()
    {
        Option<string> listen = new("--metrics-listen")
        {
            Description = "Where the server tells its health.",
            DefaultValueFactory = _ => "127.0.0.1:9465",
        };
        Command command = new("health", "Asks a running server whether it can do its work.") { listen };
        command.SetAction((parsed, cancellation) => AskAsync(parsed.GetRequiredValue(listen), cancellation));
        return command;
    }

    private static async Task<int> AskAsync(string listen, CancellationToken cancellation)
    {
        if (!IPEndPoint.TryParse(listen, out IPEndPoint? endpoint) || endpoint.Port == 0)
        {
            await Console.Error.WriteLineAsync($"qpc-server: '{listen}' is no ADDRESS:PORT, such as 127.0.0.1:9465");
            return 2;
        }

        try
        {
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(Patience);
            (bool well, string says) = await GetAsync(endpoint, patience.Token);
            await (well ? Console.Out : Console.Error).WriteLineAsync(well ? says : $"qpc-server: {says}");
            return well ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            string reason = e is OperationCanceledException ? "no answer in time" : FaultText.Of(e);
            await Console.Error.WriteLineAsync(
                $"qpc-server: {endpoint} tells nothing: {reason}. Is the server run with --metrics-listen {endpoint}?");
            return 1;
        }
    }

    private static async Task<(bool Well, string Says)> GetAsync(IPEndPoint endpoint, CancellationToken cancellation)
    {
        using Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint, cancellation);
        await using NetworkStream stream = new(socket);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET /health HTTP/1.0\r\nHost: {endpoint}\r\n\r\n"), cancellation);
        byte[] answer = new byte[MaxAnswer];
        int size = await stream.ReadAtLeastAsync(answer, MaxAnswer, throwOnEndOfStream: false, cancellation);
        string text = Encoding.UTF8.GetString(answer, 0, size);
        int body = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string says = body < 0 ? "" : text[(body + 4)..].Trim();
        bool well = text.StartsWith("HTTP/1.", StringComparison.Ordinal)
            && text.AsSpan(Math.Min(8, text.Length)).StartsWith(" 200 ");
        return (well, says.Length > 0 ? says : $"{endpoint} is no qpc-server's health");
    }
}
