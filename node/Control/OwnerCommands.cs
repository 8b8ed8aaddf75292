using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// What only the node's user and root may ask for over the control socket. A group that may use the node does not get
/// its key: whoever has that is this node for ever.
/// </summary>
internal static class OwnerCommands
{
    /// <summary>Why a client of the socket may not ask for a command; null if it may.</summary>
    internal static string? WhyNot(CommandSpec command, Socket client) =>
        command != Commands.AccountRecoveryCreate || Libc.IsOwnUser(client) ? null
            : $"'{command.Name}' gives the node's key away: only the user that the node runs as gets it, and root";
}
