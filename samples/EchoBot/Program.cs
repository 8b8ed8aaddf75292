// Answers every direct message with its own text. One connection brings events, another one carries requests.
// Usage: dotnet run --project samples/EchoBot [SOCKET]
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using QuicProChat.Mesh.Api;

const string prefix = "echo: ";
string path = args.Length > 0 ? args[0]
    : Environment.GetEnvironmentVariable("QPC_MESH_CONTROL") ?? "/var/lib/qpc-mesh/control.sock";

using Stream events = Connect(path), requests = Connect(path);
using var lines = new StreamReader(events);
using var replies = new StreamReader(requests);
await events.WriteAsync(Commands.WatchEvents.ToLine(NoArguments.Instance));
while (await lines.ReadLineAsync() is { } line)
{
    using JsonDocument json = JsonDocument.Parse(line);
    // The first line is the reply; then each has the name of its event.
    if (!json.RootElement.TryGetProperty("event", out JsonElement name) || name.GetString() != Events.Message.Name)
        continue;
    MessageInfo message = json.Deserialize(ApiJson.Default.MessageEvent)!.Message;
    // Not in groups, and no echo of an echo: two such bots would never end.
    if (message.Group is not null || message.Peer is null || message.Text.StartsWith(prefix, StringComparison.Ordinal))
        continue;
    var text = new SendRequest { To = message.Peer, Text = prefix + message.Text };
    await requests.WriteAsync(Commands.Send.ToLine(text));
    if (await replies.ReadLineAsync() is not { } answer)
        break;
    Reply<SendInfo> reply = Commands.Send.ReadReply(Encoding.UTF8.GetBytes(answer));
    Console.Error.WriteLine($"{message.Peer}: {reply.Result?.State ?? reply.Error}");
}

static NetworkStream Connect(string path)
{
    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    socket.Connect(new UnixDomainSocketEndPoint(path));
    return new NetworkStream(socket, ownsSocket: true);
}
