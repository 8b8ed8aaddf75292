using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Server.Calls;
using QuicProChat.Mesh.Server.Limits;

namespace QuicProChat.Mesh.Server.Connections;

/// <summary>What connections of every kind need.</summary>
internal sealed record ConnectionServices(
    Dispatcher Dispatcher, ClientRegistry Clients, ByteBudget Budget, TimeProvider Time, ILogger Logger)
{
    /// <summary>Calls of one connection that run at once; no more is read while they do.</summary>
    internal const int MaxCalls = 64;

    /// <summary>
    /// How long a connection may go without a session. Arbitrary: a registration on a small machine takes some seconds.
    /// </summary>
    internal static readonly TimeSpan StrangerPatience = TimeSpan.FromMinutes(2);
}
