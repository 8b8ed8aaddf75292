using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Messaging.Contacts;
using QuicProChat.Mesh.Messaging.Servers;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;

namespace QuicProChat.Mesh.Node.Accounts;

/// <summary>A device of an account as it can be shown.</summary>
/// <param name="Address">Its node.</param>
/// <param name="Name">What it is called.</param>
/// <param name="RegisteredAt">Since when.</param>
/// <param name="IsThis">It is this node.</param>
internal sealed record DeviceView(NodeAddress Address, string Name, DateTimeOffset RegisteredAt, bool IsThis);

/// <content>Devices of accounts (docs/decisions/devices.md).</content>
internal sealed partial class AccountHost
{
    private const string FirstDevice = "first device";

    /// <summary>Devices of an answer, at most; and bytes of a name.</summary>
    private const int MaxDevices = 5;
    private const int MaxDeviceName = 64;

    /// <summary>The devices of an account, as its server lists them.</summary>
    internal async Task<IReadOnlyList<DeviceView>> ListDevicesAsync(string server, string user)
    {
        _ = RequireDevice(server, user);
        ServerAnswer<IReadOnlyList<DeviceView>> listed =
            await AskAsync<ListDevicesResponse, IReadOnlyList<DeviceView>>(
                server, RpcMethod.ListDevices, new ListDevicesRequest(), ListDevicesResponse.Parser, Read)
                .ConfigureAwait(false);
        if (listed.Value is null)
            throw Refused(listed.Status, server);
        IReadOnlyList<KnownDevice> known = await place.Conversations.ListDevicesAsync(server).ConfigureAwait(false);
        return [.. listed.Value.Select(d => d with
        {
            Name = known.FirstOrDefault(k => NodeAddress.Of(k.Key.Span) == d.Address)?.Name ?? d.Name,
        })];
    }

    /// <summary>Registers and certifies another node as a device of an account.</summary>
    /// <param name="server">The server.</param>
    /// <param name="user">The own name there.</param>
    /// <param name="name">What to call the device.</param>
    /// <param name="card">The node's contact card.</param>
    /// <returns>What the other node logs in with.</returns>
    internal async Task<DeviceCertificate> AddDeviceAsync(string server, string user, string name, string card)
    {
        RequireFirst(server, user);
        _ = RequireDevice(server, user);
        if (!DisplayName.IsValid(name, MaxDeviceName))
            throw ControlException.Usage($"a device's name has 1 to {MaxDeviceName} bytes of visible characters");
        if (!ContactCard.TryParse(card.Trim(), out ContactCard? parsed, out string? error))
            throw ControlException.Usage(error);
        byte[] key = parsed.Key.ToArray();
        if (key.AsSpan().SequenceEqual(place.Identity.PublicKey.Span))
            throw ControlException.Usage("that is the card of this node: take that of the other one (contact show)");
        ServerAnswer<RegisterDeviceResponse> registered = await AskProvenAsync(
            server, RpcMethod.RegisterDevice, proof => ProvenCall.RegisterDevice(proof, place.Identity, key, name),
            RegisterDeviceResponse.Parser).ConfigureAwait(false);
        if (registered.Status == ServerStatus.Conflict)
            throw ControlException.Refused("the account has as many devices as it may have: revoke one");
        if (registered.Value is null)
            throw Refused(registered.Status, server);
        await place.Conversations.AddDeviceAsync(server, key, name).ConfigureAwait(false);
        return DeviceCertificate.Sign(place.Identity, key, place.Time.GetUtcNow() + DeviceCertificate.Lifetime);
    }

    /// <summary>Ends a device: at the server, and in the conversations.</summary>
    /// <param name="server">The server.</param>
    /// <param name="user">The own name there.</param>
    /// <param name="device">What this node called it, or the address of its node.</param>
    /// <returns>What was done, in one sentence.</returns>
    internal async Task<string> RevokeDeviceAsync(string server, string user, string device)
    {
        RequireFirst(server, user);
        _ = RequireDevice(server, user);
        (NodeAddress address, byte[]? key) =
            Find(await place.Conversations.ListDevicesAsync(server).ConfigureAwait(false), device);
        if (address == place.Identity.Address)
            throw ControlException.Refused(
                "this is the first device, which has the account's identity: it cannot be revoked");
        // The conversations first: the server may not answer, or not want to.
        if (key is not null)
            await place.Conversations.RevokeDeviceAsync(server, key).ConfigureAwait(false);
        ServerAnswer<RevokeDeviceResponse> revoked = await AskProvenAsync(
            server, RpcMethod.RevokeDevice,
            proof => ProvenCall.RevokeDevice(proof, place.Identity, Bytes(address)), RevokeDeviceResponse.Parser)
                .ConfigureAwait(false);
        return revoked.Status switch
        {
            ServerStatus.Done when key is null =>
                $"{address} is no device at {server} any more; it is in no conversation that this node knows",
            ServerStatus.Done or ServerStatus.NotFound when key is not null =>
                $"{address} is no device of the account any more; conversations are given new keys",
            ServerStatus.NotFound => throw ControlException.Refused($"the account has no device '{device}'"),
            _ when key is not null => throw ControlException.Refused(
                $"{Refused(revoked.Status, server).Message}; conversations are given new keys all the same: revoke "
                    + $"{address} again when the server answers"),
            _ => throw Refused(revoked.Status, server),
        };
    }

    // A server could give the name of a lost device to another one: names are those that this node gave.
    private static (NodeAddress Address, byte[]? Key) Find(IReadOnlyList<KnownDevice> known, string device)
    {
        KnownDevice[] named = [.. known.Where(d => d.Name == device)];
        if (named.Length > 1)
            named = [.. named.Where(d => !d.IsRevoked)];
        if (named.Length == 1)
            return (NodeAddress.Of(named[0].Key.Span), named[0].Key.ToArray());
        if (named.Length > 1)
            throw ControlException.Refused($"several devices are called '{device}': name the address of one");
        if (!NodeAddress.TryParse(device, out NodeAddress address, out _))
            throw ControlException.Refused(
                $"this node has called no device '{device}': name the address of its node, as 'account device list' "
                    + "shows it");
        return (address, known.FirstOrDefault(d => NodeAddress.Of(d.Key.Span) == address)?.Key.ToArray());
    }

    private static byte[] Bytes(in NodeAddress address)
    {
        byte[] bytes = new byte[NodeAddress.Size];
        address.Write(bytes);
        return bytes;
    }

    private IReadOnlyList<DeviceView>? Read(ListDevicesResponse response)
    {
        if (response.Devices.Count > MaxDevices || response.Devices.Any(d => d.DeviceId.Length != NodeAddress.Size
            || d.RegisteredAt > (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()))
            return null;
        return [.. response.Devices.Select(d => new DeviceView(
            NodeAddress.Read(d.DeviceId.Span), DisplayName.IsValid(d.DeviceName, MaxDeviceName) ? d.DeviceName : "?",
            DateTimeOffset.FromUnixTimeMilliseconds((long)d.RegisteredAt),
            NodeAddress.Read(d.DeviceId.Span) == place.Identity.Address))];
    }

    private Account RequireDevice(string server, string user)
    {
        Account account = Require(server, user);
        if (account.Link is null)
            throw ControlException.Refused($"this node is not logged in as {user} at {server}");
        return account.Record.IsDevice ? account : throw ControlException.Refused(
            "this login is older than devices: log out and log in again, and this node becomes the first device");
    }

    /// <summary>Refuses what is the first device's alone.</summary>
    /// <exception cref="ControlException">This node is another one.</exception>
    internal void RequireFirst(string server, string user)
    {
        if (Require(server, user).Record.Certificate is not null)
            throw ControlException.Refused("only the first device, which has the account's identity, can do that");
    }

    private static ControlException Refused(ServerStatus status, string server) => ControlException.Refused(
        status == ServerStatus.Gone ? $"{server} cannot be reached" : $"{server} does not do that ({status})");

    /// <summary>Another device was registered by the first one; the first one registers itself.</summary>
    /// <param name="client">The connection, without a session so far.</param>
    /// <param name="session">The session.</param>
    /// <param name="certificate">The certificate of another device than the first.</param>
    /// <param name="isNew">
    /// This node knows nothing of the account: KeyPackages that it left in a life before end, since nobody has their
    /// keys.
    /// </param>
    /// <param name="cancellation">Gives up.</param>
    private async Task BecomeDeviceAsync(
        RpcClient client, ReadOnlyMemory<byte> session, DeviceCertificate? certificate, bool isNew,
        CancellationToken cancellation)
    {
        if (certificate is not null)
        {
            await RefusingDeviceAsync(client, session, cancellation).ConfigureAwait(false);
            return;
        }

        _ = await client.AuthenticateAsync(session, null, cancellation).ConfigureAwait(false);
        if (isNew)
            await ForgetDeviceAsync(client, cancellation).ConfigureAwait(false);
        _ = await client.CallProvenAsync(
            RpcMethod.RegisterDevice,
            proof => ProvenCall.RegisterDevice(proof, place.Identity, place.Identity.PublicKey.Span, FirstDevice),
            RegisterDeviceResponse.Parser, cancellation).ConfigureAwait(false);
    }

    private async Task ForgetDeviceAsync(RpcClient client, CancellationToken cancellation)
    {
        try
        {
            _ = await client.CallProvenAsync(
                RpcMethod.RevokeDevice,
                proof => ProvenCall.RevokeDevice(proof, place.Identity, Bytes(place.Identity.Address)),
                RevokeDeviceResponse.Parser, cancellation).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.Status == RpcStatus.NotFound)
        {
            // It was no device there.
        }
    }

    private async Task RefusingDeviceAsync(
        RpcClient client, ReadOnlyMemory<byte> session, CancellationToken cancellation)
    {
        try
        {
            _ = await client.AuthenticateAsync(session, place.Identity, cancellation).ConfigureAwait(false);
        }
        catch (RpcException e) when (e.Status == RpcStatus.Unauthenticated)
        {
            throw ControlException.Refused(
                "this device is not registered, or was revoked: the first device has to add it (account device add)");
        }
    }
}
