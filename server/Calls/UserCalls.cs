using Google.Protobuf;
using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Rpc;
using QuicProChat.Mesh.Rpc.V1;
using QuicProChat.Mesh.Server.Federation;
using QuicProChat.Mesh.Server.Hooks;
using QuicProChat.Mesh.Server.Hosting;
using QuicProChat.Mesh.Server.Limits;
using QuicProChat.Mesh.Server.Stores;

namespace QuicProChat.Mesh.Server.Calls;

/// <summary>Names, direct channels and devices: methods 400, 501 and 700 to 702.</summary>
internal sealed class UserCalls(
    IAccountStore accounts, IChannelStore channels, ServerKeys keys, RemoteServers remote, RateLimits rates,
    ClientRegistry clients, AccountHook hook, RandomFill random, ILogger<UserCalls> logger)
{
    // Arbitrary.
    private const int MaxDeviceName = 64;

    internal IEnumerable<CallHandler> Handlers =>
    [
        CallHandler.For(RpcMethod.CreateChannel, CreateChannelRequest.Parser, CreateChannelAsync),
        CallHandler.For(RpcMethod.ResolveIdentity, ResolveIdentityRequest.Parser, ResolveIdentityAsync),
        CallHandler.ForOwner(
            RpcMethod.RegisterDevice, RegisterDeviceRequest.Parser, static r => r.IdentityProof, ProvenCall.WhatOf,
            keys, RegisterDeviceAsync),
        CallHandler.For(RpcMethod.ListDevices, ListDevicesRequest.Parser, ListDevicesAsync),
        CallHandler.ForOwner(
            RpcMethod.RevokeDevice, RevokeDeviceRequest.Parser, static r => r.IdentityProof, ProvenCall.WhatOf, keys,
            RevokeDeviceAsync),
    ];

    private async Task<IMessage> CreateChannelAsync(Call call, CreateChannelRequest request)
    {
        IdentityKey own = call.Account.Identity, peer = ReadKey(request.PeerKey);
        if (peer == own)
            throw Refusal.BadRequest("A channel has two members.");
        rates.TakeChannel(own);
        byte[] fresh = new byte[ChannelId.Size];
        random(fresh);
        _ = ChannelId.TryRead(fresh, out ChannelId proposed);
        (ChannelId channel, bool isNew) = await channels.OpenAsync(proposed, own, peer)
            ?? throw Refusal.NotFound("The peer has no account here, or you have too many channels.");
        return new CreateChannelResponse { ChannelId = ByteString.CopyFrom(channel.ToArray()), WasNew = isNew };
    }

    private async Task<IMessage> ResolveIdentityAsync(Call call, ResolveIdentityRequest request)
    {
        rates.TakeLookup(call.Account.Identity);
        IdentityKey key = ReadKey(request.IdentityKey);
        if (remote.IsElsewhere(request.Domain))
        {
            ProxyResolveUserResponse found = await remote.FindAsync(
                call, request.Domain, new ProxyResolveUserRequest { IdentityKey = request.IdentityKey });
            return new ResolveIdentityResponse { Username = found.Username };
        }

        StoredAccount account = await accounts.FindAsync(key)
            ?? throw Refusal.NotFound("Nobody here has this key.");
        return new ResolveIdentityResponse { Username = account.Username };
    }

    private async Task<IMessage> RegisterDeviceAsync(Call call, RegisterDeviceRequest request)
    {
        if (request.DeviceName.Length > MaxDeviceName)
            throw Refusal.BadRequest($"device_name has at most {MaxDeviceName} characters.");
        if (!await accounts.AddDeviceAsync(call.Account.Identity, ReadDevice(request.DeviceId), request.DeviceName))
            throw new CallException(RpcStatus.Conflict, "You have as many devices as there may be; revoke one.");
        // What began before there were devices may be whoever has the password.
        foreach (ClientSession other in clients.Of(call.Account.Identity))
        {
            if (other != call.Client && other.Account?.Device == default(DeviceId))
                other.Close("the account has devices now");
        }

        return new RegisterDeviceResponse { Success = true };
    }

    private async Task<IMessage> ListDevicesAsync(Call call, ListDevicesRequest request)
    {
        ListDevicesResponse response = new();
        foreach (StoredDevice device in await accounts.ListDevicesAsync(call.Account.Identity))
        {
            response.Devices.Add(new Device
            {
                DeviceId = ByteString.CopyFrom(device.Id.ToArray()),
                DeviceName = device.Name,
                RegisteredAt = (ulong)device.RegisteredMs,
            });
        }

        return response;
    }

    private async Task<IMessage> RevokeDeviceAsync(Call call, RevokeDeviceRequest request)
    {
        DeviceId device = ReadDevice(request.DeviceId);
        StoredSession account = call.Account;
        if (!await accounts.RemoveDeviceAsync(account.Identity, device))
            throw Refusal.NotFound("You have no such device.");
        Audit.DeviceRevoked(logger, account.Username, call.Client.Address);
        hook.DeviceRevoked(account, call.Client.Address);
        foreach (ClientSession other in clients.Of(account.Identity))
        {
            if (other.Account?.Device != device)
                continue;
            if (other == call.Client)
                other.CloseAfterAnswer("the device was revoked");
            else
                other.Close("the device was revoked");
        }

        return new RevokeDeviceResponse { Success = true };
    }

    private static IdentityKey ReadKey(ByteString bytes) => IdentityKey.TryRead(bytes.Span, out IdentityKey key) ? key
        : throw Refusal.BadRequest($"A key has {IdentityKey.Size} bytes.");

    private static DeviceId ReadDevice(ByteString bytes) =>
        DeviceId.TryRead(bytes.Span, out DeviceId id) && id != default ? id
            : throw Refusal.BadRequest($"device_id has {DeviceId.Size} bytes that are not all zero.");
}
