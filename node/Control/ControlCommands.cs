namespace QuicProChat.Mesh.Node.Control;

/// <summary>The commands of the control socket, which are those of <c>ctl</c>.</summary>
internal static partial class ControlCommands
{
    internal const string Status = "status";
    internal const string Identity = "identity";
    internal const string Peers = "peers";
    internal const string Routes = "routes";
    internal const string Connect = "connect";
    internal const string Disconnect = "disconnect";
    internal const string Send = "send";
    internal const string Messages = "messages";
    internal const string Message = "message";
    internal const string Requests = "requests";
    internal const string Accept = "accept";
    internal const string Refuse = "refuse";
    internal const string Delete = "delete";
    internal const string Queue = "queue";
    internal const string Radio = "radio";
    internal const string Alias = "alias";
    internal const string Announce = "announce";
    internal const string Events = "events";
    internal const string Metrics = "metrics";
    internal const string LogLevel = "log-level";
    internal const string Shutdown = "shutdown";

    internal const string Names =
        "status, identity, peers, routes, connect, disconnect, send, messages, message, requests, accept, refuse, delete, queue, radio, alias, announce, events, metrics, log-level, shutdown";

    /// <summary>The reply may be a long list or text. Only few commands are sure to need little, and are never kept waiting for memory.</summary>
    internal static bool HasLargeReply(string command) => command is not (
        Status or Identity or Connect or Disconnect or Announce or LogLevel or Shutdown or LiteLeave or LiteInvite);
}
