using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace QuicProChat.Mesh.Node;

/// <summary>Every log line of the program.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "cannot accept a control connection: {Reason}")]
    internal static partial void ControlAcceptFailed(this ILogger log, SocketError reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "a control session failed")]
    internal static partial void ControlSessionFailed(this ILogger log, Exception exception);
}
