using System.Net.Sockets;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>
/// What only the node's user and root may ask for over the control socket. A group that may use the node gets neither
/// its key nor a device that it certifies: whoever has one of them speaks as this node for ever.
/// </summary>
internal static class OwnerCommands
{
    /// <summary>Why a client of the socket may not ask for a command; null if it may.</summary>
    internal static string? WhyNot(CommandSpec command, Socket client) =>
        (command != Commands.AccountRecoveryCreate && command != Commands.AccountDeviceAdd) || Libc.IsOwnUser(client)
            ? null
            : $"'{command.Name}' lets another be this node for ever: only the user that it runs as may do it, and root";
}
