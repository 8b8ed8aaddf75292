using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about the devices of accounts.</summary>
internal static class AccountDeviceHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.AccountDeviceList, ListAsync),
        CommandHandler.For(Commands.AccountDeviceAdd, AddAsync),
        CommandHandler.For(Commands.AccountDeviceRevoke, RevokeAsync),
    ];

    private static async Task<IReadOnlyList<AccountDeviceInfo>> ListAsync(
        MeshNode node, AccountDeviceListRequest request)
    {
        (string server, string user) = AccountHandlers.AccountOf(request.Server, request.User);
        return [.. (await node.Accounts.ListDevicesAsync(server, user).ConfigureAwait(false)).Select(d =>
            new AccountDeviceInfo(d.Address.ToString(), d.Name, d.RegisteredAt, d.IsThis))];
    }

    private static async Task<AccountDeviceCertificateInfo> AddAsync(MeshNode node, AccountDeviceAddRequest request)
    {
        (string server, string user) = AccountHandlers.AccountOf(request.Server, request.User);
        string name = AccountHandlers.Needed(request.Name, "name");
        DeviceCertificate certificate = await node.Accounts.AddDeviceAsync(
            server, user, name, AccountHandlers.Needed(request.Card, "card")).ConfigureAwait(false);
        return new AccountDeviceCertificateInfo(name, certificate.ToString());
    }

    private static async Task<DoneInfo> RevokeAsync(MeshNode node, AccountDeviceRevokeRequest request)
    {
        (string server, string user) = AccountHandlers.AccountOf(request.Server, request.User);
        return new DoneInfo(await node.Accounts.RevokeDeviceAsync(
            server, user, AccountHandlers.Needed(request.Device, "device")).ConfigureAwait(false));
    }
}
